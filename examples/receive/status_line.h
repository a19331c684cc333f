// The line that lives while the receiver runs.
#pragma once

#include <chrono>
#include <string>

#include "results.h"

namespace boresight::receive {

/// On a terminal: rewritten about five times a second. Elsewhere: a plain line every ten seconds.
class StatusLine {
 public:
  explicit StatusLine(bool quiet);
  ~StatusLine() { erase(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(const Results& results);
  /// Takes the line off the terminal, before something else is printed.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  bool terminal_;
  bool color_;
  bool shown_ = false;
  Clock::time_point began_ = Clock::now();
  Clock::time_point next_;
};

/// "lock  12.3 s  SNR 8.9 dB ..." without line end.
std::string status_text(const Results& results);

}  // namespace boresight::receive
