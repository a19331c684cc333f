// A line that says how far a run is.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace boresight::program {

/// On standard error: on a terminal a line that is rewritten, elsewhere one every ten seconds.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `text` is asked only when it is time.
  void show(const std::function<std::string()>& text);

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace boresight::program
