// boresight-receive as a process: what it prints, what it ends with.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sdr/temporary_folder.h"

namespace boresight::receive {

using sdr::contents;
using sdr::put;
using sdr::TemporaryFolder;

struct Ended {
  int status = -1;  ///< exit status; 128 + n when signal n ended it
  std::string out;
  std::string err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

struct Around {
  std::optional<std::size_t> largest_file_bytes{};  ///< RLIMIT_FSIZE: a disk that is full
  bool error_on_terminal = false;                   ///< standard error is a terminal
  std::vector<std::string> environment{};           ///< more of it, "NAME=value"
  std::string program{};                            ///< empty: boresight-receive
};

/// A running boresight-receive, or another program of the examples.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments, const Around& around = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  void signal(int number);
  /// Waits for its end; after a minute it is killed, and the status says so.
  Ended wait();

 private:
  void collect(std::chrono::milliseconds timeout);

  pid_t child_ = -1;
  int out_ = -1;
  int err_ = -1;
  Ended ended_;
};

inline Ended receive(const std::vector<std::string>& arguments, const Around& around = {}) {
  return Process(arguments, around).wait();
}

using Arguments = std::vector<std::string>;
inline Arguments join(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Status 1, nothing on standard output, and one line on standard error with `named` in it.
void expect_refusal(const Arguments& arguments, const std::string& named, const Around& around = {});

/// A scene that is quick to make: two frames hold the whole file, one every 16 ms.
struct SmallScene {
  std::size_t columns = 1;
  std::size_t rows = 1;
  std::size_t file_bytes = 60'000;
  double snr_db = 15;
  std::optional<double> jammer_db{};  ///< above noise
};
std::string to_json(const SmallScene& scene);

/// The satellite comes closer: its frames are shorter by as much as its carrier, 230 kHz at 11.325 GHz, is
/// high.
inline double frame_start(std::size_t number) {
  return 320'000.0 * static_cast<double>(number) * (1 - 230e3 / 11.325e9);
}

/// Writes the scene into the folder; returns the device arguments for it.
std::string device_of(const TemporaryFolder& folder, const SmallScene& scene);

}  // namespace boresight::receive
