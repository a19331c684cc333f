#include "summary.h"

#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_count;
using program::format_fixed;
using program::one_line;

std::string with_unit(double value, int digits, const char* unit) {
  const std::string text = format_fixed(value, digits);
  return text == "-" ? text : text + " " + unit;
}

std::string file_line(const Options& options, const Results& r) {
  if (!r.payload_started) return "none announced";
  if (!r.payload_complete) {
    return "incomplete: " + std::to_string(r.blocks_received) + " of " + std::to_string(r.blocks_expected) +
           " blocks" + (options.output.empty() ? "" : ", " + options.output.string() + " not written");
  }
  std::string line = format_count(r.payload_bytes) + " bytes";
  if (!options.output.empty()) line += " in " + one_line(options.output.string());
  return line;
}

std::string verdict(const Results& r) {
  if (!r.true_payload_sha256) return "the one that was sent: it equals what the sender announced";
  return r.payload_sha256 == *r.true_payload_sha256
             ? "the one that was sent: it equals what the sender announced and what the device says"
             : "NOT the one that was sent: the device says " + *r.true_payload_sha256;
}

}  // namespace

std::string summary(const Options& options, const Results& r) {
  std::string out;
  const auto line = [&out](const std::string& name, const std::string& value) {
    out += name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value + "\n";
  };
  line("received", r.waveform + ", " + std::to_string(r.channels) +
                       (r.channels == 1 ? " channel, " : " channels, ") + r.beamformer_text() + ", " +
                       format_fixed(r.duration_s(), 3) + " s of samples in " + format_fixed(r.run_time_s, 1) +
                       " s" + (r.interrupted ? ", interrupted" : ""));
  line("frames", std::to_string(r.frames_ok) + " good of " + std::to_string(r.frames_detected) +
                     " detected (" + std::to_string(r.headers_failed) + " headers, " +
                     std::to_string(r.payloads_failed) + " payloads failed), frame error rate " +
                     with_unit(100 * r.frame_error_rate(), 2, "%"));
  for (const auto& [mode, count] : r.modes) {
    line("", std::to_string(count.ok) + " good of " + std::to_string(count.all) + ": " + mode);
  }
  line("SNR",
       with_unit(r.snr_db.value(), 1, "dB per subcarrier") + ", MER " + with_unit(r.mer_db.value(), 1, "dB"));
  line("Doppler", with_unit(r.doppler_hz, 0, "Hz carrier offset"));
  line("J/N", with_unit(r.jammer_to_noise_db, 1, "dB, power of jammers over the noise, per element"));
  if (!r.nulls_deg.empty()) {
    line("nulls", std::to_string(r.nulls_deg.size()) + " asked for" +
                      (r.nulls_dropped > 0
                           ? ", and dropped " + format_count(r.nulls_dropped) + " times: on the satellite?"
                           : ""));
  }
  line("samples", format_count(r.samples) + " per channel, " + format_count(r.samples_lost) + " lost, " +
                      format_count(r.samples_cleaned) + " cleaned");
  if (!wifi_rate_hz(r.waveform)) line("file", file_line(options, r));
  if (r.payload_complete) {
    line("SHA-256", r.payload_sha256);
    line("", verdict(r));
  }
  return out;
}

}  // namespace boresight::receive
