// One OFDM symbol from samples to LLRs in the way one writes it down with Eigen and FFTW: an array expression
// per step, one pass through memory each. Channel, phase and delay are given; nothing is tracked.
#pragma once

#include <fftw3.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"

namespace boresight {

class PlainReceiver {
 public:
  PlainReceiver(std::size_t n, std::span<const std::uint16_t> data, double frequency)
      : data_(data.begin(), data.end()),
        carrier_(n),
        bins_(n),
        turned_(n),
        index_(n),
        symbols_(static_cast<Eigen::Index>(data.size())),
        variance_(static_cast<Eigen::Index>(data.size())) {
    for (std::size_t i = 0; i < n; ++i) {
      carrier_[static_cast<Eigen::Index>(i)] =
          cf32(std::polar(1.0, -2 * pi * frequency * static_cast<double>(i)));
      index_[static_cast<Eigen::Index>(i)] =
          static_cast<float>(i < n / 2 ? static_cast<int>(i) : static_cast<int>(i) - static_cast<int>(n));
    }
    plan_ = fftwf_plan_dft_1d(static_cast<int>(n), reinterpret_cast<fftwf_complex*>(turned_.data()),
                              reinterpret_cast<fftwf_complex*>(bins_.data()), FFTW_FORWARD,
                              FFTW_MEASURE | FFTW_PRESERVE_INPUT);
  }
  PlainReceiver(const PlainReceiver&) = delete;
  PlainReceiver& operator=(const PlainReceiver&) = delete;
  ~PlainReceiver() { fftwf_destroy_plan(plan_); }

  void process(std::span<const cf32> window, float phase, float slope, const Eigen::ArrayXcf& channel,
               const Eigen::ArrayXf& noise, const modem::Constellation& constellation,
               std::span<modem::Llr> llr) {
    const auto n = static_cast<Eigen::Index>(window.size());
    const Eigen::Map<const Eigen::ArrayXcf> x(window.data(), n);
    turned_ = x * carrier_ * std::polar(1 / std::sqrt(static_cast<float>(n)), -phase);
    fftwf_execute(plan_);
    const Eigen::ArrayXf angle = slope * index_;
    Eigen::ArrayXcf now(n);
    now.real() = angle.cos();
    now.imag() = angle.sin();
    now *= channel;
    const Eigen::ArrayXcf equalized = bins_ / now;
    const Eigen::ArrayXf scaled = noise / now.abs2();
    symbols_ = equalized(data_);
    variance_ = scaled(data_);
    for (std::size_t i = 0; i < data_.size(); ++i) {
      demap(constellation, symbols_[static_cast<Eigen::Index>(i)], variance_[static_cast<Eigen::Index>(i)],
            llr.subspan(i * constellation.bits(), constellation.bits()));
    }
  }

 private:
  // Max-log, each axis by itself: the nearest level with the bit 0 against the nearest with the bit 1.
  static void demap(const modem::Constellation& constellation, cf32 y, float variance,
                    std::span<modem::Llr> llr) {
    const unsigned bits = constellation.i_bits();
    const float axes[2] = {y.real(), y.imag()};
    for (unsigned axis = 0; axis < 2; ++axis) {
      for (unsigned b = 0; b < bits; ++b) {
        float nearest[2] = {1e30F, 1e30F};
        for (std::size_t value = 0; value < constellation.levels().size(); ++value) {
          const float offset = axes[axis] - constellation.levels()[value];
          float& best = nearest[(value >> (bits - 1 - b)) & 1U];
          best = std::min(best, offset * offset);
        }
        llr[constellation.bit_position(axis, b)] = modem::quantize_llr((nearest[1] - nearest[0]) / variance);
      }
    }
  }

  std::vector<std::uint16_t> data_;
  Eigen::ArrayXcf carrier_;
  Eigen::ArrayXcf bins_;
  Eigen::ArrayXcf turned_;
  Eigen::ArrayXf index_;
  Eigen::ArrayXcf symbols_;
  Eigen::ArrayXf variance_;
  fftwf_plan plan_ = nullptr;
};

}  // namespace boresight
