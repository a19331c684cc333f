// The two exceptions of the library. Both texts are one line that names the value and the limit.
#pragma once

#include <stdexcept>
#include <string>

namespace boresight {

/// A configuration that cannot be: thrown by constructors and parsers.
class ConfigError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A file, stream or device that does not do what was asked: thrown on opening, reading and writing.
class IoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws ConfigError with `message` unless `condition` holds. For constructors: a message that is put
/// together is put together in any case. A literal costs nothing.
inline void require(bool condition, const std::string& message) {
  if (!condition) throw ConfigError(message);
}
inline void require(bool condition, const char* message) {
  if (!condition) throw ConfigError(message);
}

}  // namespace boresight
