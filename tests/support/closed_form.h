// Bit error rates in white Gaussian noise.
#pragma once

#include <cmath>

#include "boresight/core/units.h"
#include "boresight/modem/constellation.h"

namespace boresight {

// Exact bit error rate of square Gray QAM in AWGN (Cho and Yoon, IEEE Trans. Commun. 50(7), 2002).
inline double closed_form_ber(modem::Modulation modulation, double es_n0) {
  if (modulation == modem::Modulation::bpsk) return 0.5 * std::erfc(std::sqrt(es_n0));
  const auto m = static_cast<double>(1U << modem::bits_per_symbol(modulation));
  const double root = std::sqrt(m);
  const auto axis_bits = static_cast<unsigned>(std::lround(std::log2(root)));
  double sum = 0;
  for (unsigned k = 1; k <= axis_bits; ++k) {
    const auto last = static_cast<int>((1.0 - std::pow(2.0, -static_cast<double>(k))) * root) - 1;
    for (int i = 0; i <= last; ++i) {
      const double ratio = i * std::pow(2.0, k - 1) / root;
      const double sign = static_cast<int>(std::floor(ratio)) % 2 == 0 ? 1.0 : -1.0;
      const double weight = std::pow(2.0, k - 1) - std::floor(ratio + 0.5);
      sum += sign * weight * std::erfc((2 * i + 1) * std::sqrt(1.5 * es_n0 / (m - 1)));
    }
  }
  return sum / (root * axis_bits);
}

/// The SNR at which it is `ber` (between -20 and 50 dB), by halving.
inline double closed_form_snr_db(modem::Modulation modulation, double ber) {
  double low = -20;
  double high = 50;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (closed_form_ber(modulation, power_from_db(middle)) > ber ? low : high) = middle;
  }
  return low;
}

}  // namespace boresight
