#include "status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_fixed;

using std::chrono::milliseconds;

constexpr auto terminal_period = milliseconds(200);
constexpr auto log_period = milliseconds(10'000);

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

StatusLine::StatusLine(bool quiet) : quiet_(quiet) {
  const char* term = std::getenv("TERM");
  terminal_ = ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
  const char* no_color = std::getenv("NO_COLOR");
  color_ = terminal_ && (no_color == nullptr || *no_color == '\0');
  next_ = began_ + (terminal_ ? milliseconds(0) : log_period);
}

void StatusLine::show(const Results& results) {
  if (quiet_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? terminal_period : log_period);
  std::string text = status_text(results);
  if (!terminal_) {
    std::cerr << text << std::endl;
    return;
  }
  text.resize(std::min(text.size(), terminal_columns() - 1));
  if (color_ && results.locked && text.starts_with("lock")) text.insert(4, "\033[0m").insert(0, "\033[32m");
  std::cerr << "\r" << text << "\033[K" << std::flush;
  shown_ = true;
}

void StatusLine::erase() {
  if (!shown_) return;
  std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

std::string status_text(const Results& r) {
  std::string text = r.locked ? "lock  " : "search";
  text.append(" ").append(format_fixed(r.duration_s(), 2)).append(" s");
  const FrameRecord* last = r.frames.empty() ? nullptr : &r.frames.back();
  const auto add = [&text](const char* name, const std::string& value, const char* unit) {
    text.append("  ").append(name).append(" ").append(value);
    if (value != "-") text += unit;
  };
  add("SNR", last ? format_fixed(last->snr_db, 1) : "-", " dB");
  add("MER", last ? format_fixed(last->mer_db, 1) : "-", " dB");
  add("Doppler", last ? format_fixed(last->carrier_offset_hz, 0) : "-", " Hz");
  const double rate = r.frame_error_rate();
  add("FER", rate >= 0 ? format_fixed(100 * rate, 1) : "-", "%");
  add("J/N", format_fixed(r.jammer_to_noise_db, 1), " dB");
  add("lost", std::to_string(r.samples_lost), "");
  if (r.blocks_expected > 0) {
    const auto percent = 100 * r.blocks_received / r.blocks_expected;
    add("file", std::to_string(percent), "%");
  }
  return text;
}

}  // namespace boresight::receive
