// OFDM waveforms as a receiver samples them whose clock is off, without a resampler: every symbol is a sum of
// exponentials, which have a value at any time.
//
//   sent       ┌──────┬────────┬────────┬──   pieces: of each the last `period` samples are one period
//   received   |  · · · · · · · · · · · · ·   sample n reads time (n - lead) / (1 + ppm 1e-6), and the piece
//              0  lead                        that this time is in
//
// A resampler would have to tell apart what the band's two edges hold, 4 of 1024 subcarriers away from each
// other: a windowed sinc of 32 taps on these samples has an error of -16 dB half way between two of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/assert.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"

namespace boresight::test {

inline cf64 product(cf64 a, cf64 b) {  // without the standard's care for infinities
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// sum over n of x[n] exp(j sign 2 pi k n / N) in double precision, halves as long as N is even.
class SlowDft {
 public:
  SlowDft(std::size_t size, int sign) : roots_(size) {
    for (std::size_t i = 0; i < size; ++i)
      roots_[i] = std::polar(1.0, sign * 2 * pi * static_cast<double>(i) / static_cast<double>(size));
  }
  void run(std::span<const cf64> in, std::span<cf64> out) const { run(in.data(), 1, out); }

 private:
  void run(const cf64* in, std::size_t stride, std::span<cf64> out) const {
    const std::size_t n = out.size();
    if (n % 2 != 0) {
      for (std::size_t k = 0; k < n; ++k) {
        out[k] = 0;
        for (std::size_t i = 0; i < n; ++i) out[k] += product(in[i * stride], roots_[k * i % n * stride]);
      }
      return;
    }
    run(in, 2 * stride, out.first(n / 2));
    run(in + stride, 2 * stride, out.last(n / 2));
    for (std::size_t k = 0; k < n / 2; ++k) {
      const cf64 odd = product(out[n / 2 + k], roots_[k * stride]);
      out[n / 2 + k] = out[k] - odd;
      out[k] += odd;
    }
  }

  std::vector<cf64> roots_;
};

/// Samples of one period: its spectrum, and its values anywhere.
class PeriodicPiece {
 public:
  explicit PeriodicPiece(std::size_t period)
      : forward_(period, -1), inverse_(period, 1), spectrum_(period), scaled_(period), series_(period) {}

  void take(std::span<const cf32> x) {
    BORESIGHT_ASSERT(x.size() == spectrum_.size());
    scaled_.assign(x.begin(), x.end());
    forward_.run(scaled_, spectrum_);
    for (cf64& s : spectrum_) s /= static_cast<double>(x.size());
  }

  /// The sum itself, at time `at` in samples.
  cf64 value(double at) const {
    cf64 sum = 0;
    for (std::size_t k = 0; k < spectrum_.size(); ++k) sum += product(spectrum_[k], turn(k, at));
    return sum;
  }

  /// out[n] = value(at + n (1 + slip)): Taylor's series in time about `at + n`, moved by half of what slips
  /// over `out`, each term of which is an inverse DFT. Cut where 1e-12 is left.
  void values(double at, double slip, std::span<cf32> out) {
    const double half = 0.5 * slip * static_cast<double>(out.size());
    for (std::size_t k = 0; k < spectrum_.size(); ++k) scaled_[k] = product(spectrum_[k], turn(k, at + half));
    sums_.assign(out.size(), cf64(0));
    double left = 1;
    for (int term = 0; left > 1e-12; ++term) {
      inverse_.run(scaled_, series_);
      for (std::size_t n = 0; n < out.size(); ++n) {
        double factor = 1;  // offset^term / term!
        for (int i = 1; i <= term; ++i) factor *= (slip * static_cast<double>(n) - half) / i;
        sums_[n] += factor * series_[n % series_.size()];
      }
      for (std::size_t k = 0; k < scaled_.size(); ++k) scaled_[k] = product(scaled_[k], {0, rate(k)});
      left *= pi * std::abs(half) / (term + 1);
    }
    for (std::size_t n = 0; n < out.size(); ++n) out[n] = cf32(sums_[n]);
  }

 private:
  double rate(std::size_t k) const {  // rad per sample
    const auto size = static_cast<double>(spectrum_.size());
    const auto index = static_cast<double>(k);
    return 2 * pi * (index < size / 2 ? index : index - size) / size;
  }
  cf64 turn(std::size_t k, double at) const { return std::polar(1.0, rate(k) * at); }

  SlowDft forward_, inverse_;
  std::vector<cf64> spectrum_, scaled_, series_, sums_;
};

/// Part of a waveform: samples [first, first + count), of which the last `period` repeat (a cyclic prefix).
struct Piece {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// received[n] = sent((n - lead) / (1 + ppm 1e-6)) within `pieces`, all of one period.
inline void sample_pieces(std::span<const cf32> sent, std::span<const Piece> pieces, std::size_t period,
                          double lead, double ppm, std::span<cf32> received) {
  const double stretch = 1 + 1e-6 * ppm;
  PeriodicPiece waveform(period);
  for (const Piece& piece : pieces) {
    const std::size_t body = piece.first + piece.count - period;
    waveform.take(sent.subspan(body, period));
    const auto begin = std::ceil(lead + stretch * static_cast<double>(piece.first));
    const auto end = std::ceil(lead + stretch * static_cast<double>(piece.first + piece.count));
    waveform.values((begin - lead) / stretch - static_cast<double>(body), 1 / stretch - 1,
                    received.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
}

}  // namespace boresight::test
