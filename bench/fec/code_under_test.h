// The codes that error_rates.cpp measures, each with its encoder, the channel and its decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "boresight/core/random.h"

namespace boresight {

/// What the command line says.
struct Study {
  std::string code = "nr";  ///< nr, wlan, convolutional
  int base_graph = 1;
  unsigned lifting_size = 384;
  std::size_t sent_bits = 16896;  ///< nr: of one transmission
  std::vector<unsigned> redundancy_versions{0};
  unsigned codeword_bits = 1944;      ///< wlan
  std::size_t information_bits = 64;  ///< convolutional
  std::string rate = "1/2";           ///< wlan, convolutional
  std::string termination = "zero";   ///< convolutional
  std::size_t max_rounds = 4;         ///< convolutional, tail-biting
  std::string decoder = "int8";
  double scale = 0.75;
  unsigned iterations = 10;
  bool fixed = false;
  std::vector<double> ebn0_db;
  std::uint64_t errors = 100;
  std::uint64_t max_blocks = 1'000'000;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  std::string json;
};

/// One thread's. A block depends on its random numbers only.
class CodeUnderTest {
 public:
  struct Outcome {
    std::uint64_t wrong_bits = 0;
    std::uint64_t iterations = 0;  ///< convolutional, tail-biting: rounds
  };

  CodeUnderTest() = default;
  CodeUnderTest(const CodeUnderTest&) = delete;
  CodeUnderTest& operator=(const CodeUnderTest&) = delete;
  virtual ~CodeUnderTest() = default;

  virtual std::size_t information_bits() const = 0;
  /// Of all transmissions together.
  virtual std::size_t sent_bits() const = 0;
  /// Random bits, encoded, sent as +1 and -1 through noise of the given variance, decoded.
  virtual Outcome block(Random& random, double noise_variance) = 0;
};

/// ConfigError for what no code has.
std::unique_ptr<CodeUnderTest> make_code(const Study& study);

}  // namespace boresight
