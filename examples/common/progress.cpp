#include "common/progress.h"

#include <unistd.h>

#include <iostream>

namespace boresight::program {

using std::chrono::milliseconds;

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {
  next_ = Clock::now() + (terminal_ ? milliseconds(0) : milliseconds(10'000));
}

Progress::~Progress() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
}

void Progress::show(const std::function<std::string()>& text) {
  if (quiet_ || Clock::now() < next_) return;
  next_ = Clock::now() + (terminal_ ? milliseconds(200) : milliseconds(10'000));
  if (terminal_) {
    std::cerr << "\r" << text().substr(0, 79) << "\033[K" << std::flush;
    shown_ = true;
  } else {
    std::cerr << text() << std::endl;
  }
}

}  // namespace boresight::program
