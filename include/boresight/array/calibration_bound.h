// How well channels can be calibrated: the Cramer-Rao bound.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace boresight::array {

/// The Cramer-Rao bound of a channel against the reference.
struct CalibrationBound {
  double phase_rad_rms = 0;
  double gain_db_rms = 0;
  double delay_s_rms = 0;
};

/// For K independent samples of white Gaussian noise common to all channels, of unknown waveform and power,
/// over a band of `bandwidth_hz`, in independent noise; `snr` [E] per channel and sample, linear.
///
/// Phases: the Fisher matrix of a rank-one signal h h^H in noise is F = 2 K / (1 + L) (L diag(s) - s s^T), L
/// the sum of s (Slepian and Bangs, R = s^(1/2) s^(T/2) + I whitened). It is 2 K / (1 + L) times the
/// Laplacian of a graph with conductances s_i s_k, so against a reference r
///   var(phase_e) = (1 + L) / (2 K L) (1 / s_e + 1 / s_r).
/// Delays: the same divided by the mean square angular frequency of the source, (2 pi)^2 B^2 / 12.
///
/// Gains: the same again for log gains when the noise of the channels is known to be equal, which is taken
/// for granted with two channels. With three and more it is unknown for each of them, and a channel's own
/// power then says nothing about its gain: with the unknown noises n and the source's power per bin as
/// nuisance parameters (Schur's complement of)
///   F_gg = 2 L / (1 + L) diag(s) + 2 (1 - L) / (1 + L)^2 s s^T,   F_gn = 2 / (1 + L) (diag(s) - s s^T / (1 +
///   L)), F_nn = |I - s^(1/2) s^(T/2) / (1 + L)|^2 element by element.
/// This is nothing for strong sources and 0.8 dB for eight channels at -10 dB.
///
/// The reference's own bound is 0; s = 0 gives infinity. Fails an assert when `reference` is no channel.
std::vector<CalibrationBound> calibration_bound(std::span<const double> snr, std::size_t reference,
                                                double samples, double bandwidth_hz);

}  // namespace boresight::array
