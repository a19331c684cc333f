// What theory says of the detectors of this folder: tails of quadratic forms of complex normal values.
#pragma once

#include <cstddef>
#include <span>

namespace boresight::sync {

/// P(sum_k weights[k] |z_k + m_k|^2 > x), z_k independent circular complex normal with E|z_k|^2 = 1 and
/// powers[k] = |m_k|^2. By Gil-Pelaez' inversion (Biometrika 38 (1951) 481) of the characteristic function
///   phi(u) = prod_k exp(j u w_k p_k / (1 - j u w_k)) / (1 - j u w_k),
/// to 1e-7. At least three weights must not be zero; all values finite; NaN gives NaN.
double quadratic_form_tail(std::span<const double> weights, std::span<const double> powers, double x);

/// P(|sum_{m=1}^{segments-1} c_m conj(c_{m-1})| > threshold) for c_m = a + n_m, a^2 = power, E|n_m|^2 = 1:
/// the differential statistic of `segments` equal segments, 3 to 1024. In the sum's real part the eigenvalues
/// are cos(k pi / (segments + 1)); the imaginary part, whose signal terms cancel but for the two ends, is
/// left out, which makes the probability too low: by at most 0.02 where power sqrt(segments) >= 16, 0.03 from
/// 8 on, 0.06 from 3.4 on. Below that there is more noise than signal and the figure is only a lower bound,
/// without signal by up to 0.6: there differential_tail() is the one to use.
double differential_detection_probability(std::size_t segments, double power, double threshold);

/// P(|sum_{m=1}^{segments-1} n_m conj(n_{m-1})| > threshold), n_m as above and no signal, 2 to 65536
/// segments. The sum is a quadratic form whose largest eigenvalue is l = cos(pi / (segments + 1)); its
/// modulus has the tail
///   C sqrt(2 pi t / l) exp(-t / l),  C = prod_{k > 1} 1 / (1 - cos(k pi / (segments + 1)) / l),
/// with which this ends: within a tenth below 1e-2. The other function is its inverse, for probabilities in
/// (0, 0.1].
double differential_tail(std::size_t segments, double threshold);
double differential_threshold(std::size_t segments, double probability);

/// The same sum over `copies` independent sets of segments, against the energy of all of them, which takes
/// the place of a known noise power: P(|sum_i sum_m n_{i,m} conj(n_{i,m-1})| > ratio sum_i sum_m
/// |n_{i,m}|^2), 0 < ratio < cos(pi / (segments + 1)), copies * segments >= 4. For the real part this is P(Q
/// > 0) of a quadratic form with eigenvalues cos(k pi / (segments + 1)) - ratio, by the saddlepoint
/// (Lugannani and Rice, Adv. Appl. Prob. 12 (1980) 475), and the modulus has it sqrt(2 pi b ratio) times as
/// often, b being the rate at which the tail falls. Within 5 % below 1e-2. The other function is its inverse,
/// for probabilities in (0, 0.1].
double differential_ratio_tail(std::size_t copies, std::size_t segments, double ratio);
double differential_ratio_threshold(std::size_t copies, std::size_t segments, double probability);

/// Clopper and Pearson's interval (Biometrika 26 (1934) 404) for a probability of which `hits` of `trials`
/// were seen: each bound is wrong with probability `risk`, 0 < risk < 0.5, to 1 % of that up to the most
/// trials of all, 2^40 (the sum over the counts takes a second there). trials > 0, hits <= trials.
constexpr std::size_t clopper_pearson_max_trials = std::size_t{1} << 40;
struct Interval {
  double low = 0;
  double high = 1;
};
Interval clopper_pearson(std::size_t hits, std::size_t trials, double risk);

}  // namespace boresight::sync
