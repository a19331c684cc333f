// The overlap-add taper: its spectrum against theory, and that the receiver does not see it.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
#include "fft/fft.h"

namespace boresight::ofdm {
namespace {

Numerology tapered(std::size_t taper) {
  return make_numerology({.name = "t",
                          .sample_rate_hz = 1e6,
                          .fft_size = 64,
                          .prefix_samples = 16,
                          .taper_samples = taper,
                          .lower_guard = 12,
                          .upper_guard = 11});  // -20 .. 20 without 0
}

constexpr unsigned q = 4;             // oversampling: room beside the band
constexpr std::size_t length = 4096;  // of a periodogram; subcarriers are 16 bins apart

// Averaged periodograms with a Hann window, whose own leakage lies far below the signal's.
std::vector<double> measured_spectrum(const Numerology& n, std::size_t symbols) {
  Modulator modulator(n, q);
  Random random(1);
  const auto carriers = n.used_carriers();
  std::vector<cf32> x(modulator.symbol_samples() * symbols);
  std::vector<cf32> values(n.fft_size);
  for (std::size_t s = 0; s < symbols; ++s) {
    for (const auto k : carriers)
      values[k] = {random.below(2) ? 1.0F : -1.0F, random.below(2) ? 1.0F : -1.0F};
    modulator.process(values,
                      std::span(x).subspan(s * modulator.symbol_samples(), modulator.symbol_samples()));
  }
  const fft::Fft forward(length, fft::Direction::forward);
  std::vector<double> power(length);
  std::vector<cf32> piece(length);
  for (std::size_t first = 0; first + length <= x.size(); first += length / 2) {
    for (std::size_t i = 0; i < length; ++i) {
      const double hann = 0.5 - 0.5 * std::cos(2 * pi * (static_cast<double>(i) + 0.5) / length);
      piece[i] = x[first + i] * static_cast<float>(hann);
    }
    forward.run(piece, piece);
    for (std::size_t b = 0; b < length; ++b) power[b] += static_cast<double>(std::norm(piece[b]));
  }
  return power;
}

// Independent symbols: the sum over subcarriers of |W(f - k F)|^2, W being the transform of the window with
// both of its edges.
std::vector<double> theoretical_spectrum(const Numerology& n) {
  const std::size_t taper = n.taper_samples * q;
  const std::size_t body = n.symbol_samples() * q;
  std::vector<double> window(body + taper, 1.0);
  for (std::size_t i = 0; i < taper; ++i) {
    const double rise =
        0.5 - 0.5 * std::cos(pi * (static_cast<double>(i) + 0.5) / static_cast<double>(taper));
    window[i] = rise;
    window[body + i] = 1 - rise;
  }
  std::vector<double> shape(length);
  for (std::size_t b = 0; b < length; ++b) {
    cf64 sum = 0;
    for (std::size_t i = 0; i < window.size(); ++i) {
      sum += window[i] * std::polar(1.0, -2 * pi * static_cast<double>(b * i % length) / length);
    }
    shape[b] = std::norm(sum);
  }
  std::vector<double> power(length);
  for (const auto k : n.used_carriers()) {
    const int offset = 16 * n.signed_index(k);
    for (std::size_t b = 0; b < length; ++b) {
      power[b] += shape[(b + length - static_cast<std::size_t>(offset + static_cast<int>(length))) % length];
    }
  }
  return power;
}

/// Power between two distances from the carrier, in subcarriers, on both sides, over that of the band.
double relative_db(const std::vector<double>& power, int from, int to) {
  const auto sum = [&](int low, int high) {
    double total = 0;
    for (int b = 16 * low; b < 16 * high; ++b) {
      total += power[static_cast<std::size_t>(b)] + power[length - static_cast<std::size_t>(b) - 1];
    }
    return total;
  };
  return db_from_power(sum(from, to) / sum(0, 21));
}

// 500 periodograms and 160 bins or more: 0.02 dB of scatter; the Hann window averages over two bins.
TEST(Windowing, OutOfBandPowerIsTheTheory) {
  double before = 0;
  for (const std::size_t taper : {0U, 4U, 12U}) {
    const auto n = tapered(taper);
    const auto measured = measured_spectrum(n, 3300);
    const auto theory = theoretical_spectrum(n);
    for (const auto& [from, to] : {std::pair(24, 34), std::pair(40, 60), std::pair(70, 120)}) {
      EXPECT_NEAR(relative_db(measured, from, to), relative_db(theory, from, to), 0.2)
          << "taper " << taper << ", " << from << " .. " << to << " subcarriers";
    }
    // What it is for: 12 of 16 samples of the prefix push the far spectrum down by more than 25 dB.
    const double far = relative_db(measured, 70, 120);
    if (taper == 0) before = far;
    if (taper == 12) {
      EXPECT_LT(far, before - 25);
    }
  }
}

// With symbols before and behind it, a symbol comes back exactly from every window the taper leaves free, and
// from no other.
TEST(Windowing, ReceiverSeesOneSymbolFromTaperToPrefix) {
  const auto n = tapered(6);
  Random random(2);
  Modulator modulator(n);
  EXPECT_EQ(modulator.taper_samples(), 6U);
  std::vector<cf32> x(3 * n.symbol_samples() + 6);
  std::vector<std::vector<cf32>> sent(3, std::vector<cf32>(n.fft_size));
  for (std::size_t s = 0; s < 3; ++s) {
    for (const auto k : n.used_carriers()) sent[s][k] = random.complex_normal();
    modulator.process(sent[s], std::span(x).subspan(s * n.symbol_samples(), n.symbol_samples()));
  }
  modulator.flush(std::span(x).last(6));
  Demodulator demodulator(n);
  std::vector<cf32> received(n.fft_size);
  const auto worst_error = [&](std::size_t symbol, std::size_t offset) {
    demodulator.process(std::span(x).subspan(symbol * n.symbol_samples() + offset, n.fft_size), 0, 0,
                        received);
    double worst = 0;
    for (const auto k : n.used_carriers()) {
      // A window that begins early by a samples turns subcarrier k by exp(-j 2 pi k a / N).
      const auto early = static_cast<double>(n.prefix_samples) - static_cast<double>(offset);
      const cf64 turn = std::polar(1.0, 2 * pi * n.signed_index(k) * early / 64.0);
      worst = std::max(worst, std::abs(cf64(received[k]) * turn - cf64(sent[symbol][k])));
    }
    return worst;
  };
  for (std::size_t symbol = 0; symbol < 3; ++symbol) {
    for (std::size_t offset = 6; offset <= 16; ++offset)
      EXPECT_LT(worst_error(symbol, offset), 5e-6) << offset;
  }
  EXPECT_GE(n.window_offset(), 6U);
  EXPECT_LE(n.window_offset(), 16U);
  EXPECT_GT(worst_error(1, 3), 1e-2);
  EXPECT_GT(worst_error(1, 19), 1e-2);
  // After flush() the next symbol rises out of silence.
  std::vector<cf32> alone(n.symbol_samples());
  modulator.process(sent[0], alone);
  EXPECT_EQ(alone[0], x[0]);
}

// Where nothing overlaps the power is the same at every sample: the two edges add up to one in amplitude.
TEST(Windowing, EqualSymbolsOverlapWithoutASeam) {
  const auto n = tapered(16);
  std::vector<cf32> values(n.fft_size);
  values[4] = 8;  // 5 periods in 80 samples: continuous over the seam
  Modulator modulator(n);
  std::vector<cf32> x(n.symbol_samples());
  for (int s = 0; s < 3; ++s) modulator.process(values, x);
  for (const cf32 sample : x) EXPECT_NEAR(std::abs(sample), 1.0, 1e-6);
}

}  // namespace
}  // namespace boresight::ofdm
