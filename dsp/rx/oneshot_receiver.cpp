#include "boresight/rx/oneshot_receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "boresight/array/steering.h"
#include "boresight/beam/weights.h"
#include "boresight/core/units.h"
#include "boresight/doa/covariance.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight::rx {
namespace {

using Signal = std::vector<cf64>;
constexpr int fft_size = 1024;
constexpr int symbol_samples = 1056;
constexpr int advance = 16;  // the FFT window opens this much before the prefix ends
constexpr int first_pilot_symbol = static_cast<int>(frame::ku_first_header_symbol);
constexpr int symbols = static_cast<int>(frame::ku_symbols);

cf64 turn(double turns) {
  return std::polar(1.0, 2 * pi * (turns - std::floor(turns)));
}

// Radix 2, decimation in time (Cooley and Tukey, 1965); sign -1 is the forward transform. Unnormalized.
Signal fft(const Signal& x, int sign) {
  if (x.size() == 1) return x;
  const std::size_t half = x.size() / 2;
  Signal even(half);
  Signal odd(half);
  for (std::size_t i = 0; i < half; ++i) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
  even = fft(even, sign);
  odd = fft(odd, sign);
  Signal out(x.size());
  for (std::size_t k = 0; k < half; ++k) {
    const cf64 t = turn(sign * static_cast<double>(k) / static_cast<double>(x.size())) * odd[k];
    out[k] = even[k] + t;
    out[k + half] = even[k] - t;
  }
  return out;
}

struct Found {
  std::int64_t start;
  double frequency;
};

// D[n] of sync/ku_acquisition.h at every n, and its largest values above the threshold.
std::vector<Found> find_preambles(std::span<const cf64> x) {
  const auto n_total = static_cast<std::int64_t>(x.size());
  const std::int64_t positions = n_total - fft_size + 1;
  if (positions <= 0) return {};
  const auto p = sync::pss_segment();
  Signal matched(x.size() - 127);
  for (std::size_t n = 0; n < matched.size(); ++n) {
    for (std::size_t i = 0; i < 128; ++i) matched[n] += x[n + i] * std::conj(cf64(p[i]));
  }
  std::vector<double> statistic(static_cast<std::size_t>(positions));
  Signal differential(statistic.size());
  for (std::size_t n = 0; n < statistic.size(); ++n) {
    cf64 d = 0;
    double energy = 0;
    for (std::size_t m = 1; m < 8; ++m) {
      const auto sign = static_cast<double>(sync::pss_signs[m] * sync::pss_signs[m - 1]);
      d += sign * matched[n + 128 * m] * std::conj(matched[n + 128 * (m - 1)]);
    }
    for (std::size_t i = 0; i < fft_size; ++i) energy += std::norm(x[n + i]);
    differential[n] = d;
    statistic[n] = energy > 0 ? std::abs(d) * 8 / energy : 0.0;
  }
  std::vector<Found> found;
  const double threshold = sync::PssSearch::threshold_for(1e-10);
  for (std::size_t n = 0; n < statistic.size(); ++n) {
    if (statistic[n] < threshold) continue;
    const auto first = statistic.begin() + static_cast<std::ptrdiff_t>(n);
    const auto last = first + std::min<std::ptrdiff_t>(symbol_samples, statistic.end() - first);
    const auto best = static_cast<std::size_t>(std::max_element(first, last) - statistic.begin());
    found.push_back({static_cast<std::int64_t>(best) - 32, std::arg(differential[best]) / (2 * pi * 128)});
    n = best + symbol_samples;
  }
  return found;
}

/// One frame's samples and what is known of its timing; windows are read with the carrier taken off.
struct Frame {
  std::span<const cf64> x;
  std::int64_t start;
  double frequency;

  cf64 at(std::int64_t n) const {  // n from the start of the frame
    const std::int64_t i = start + n;
    return i >= 0 && i < static_cast<std::int64_t>(x.size())
               ? x[static_cast<std::size_t>(i)] * turn(-frequency * static_cast<double>(n))
               : cf64(0);
  }
  Signal bins(int symbol, std::int64_t shift) const {
    Signal window(fft_size);
    for (int i = 0; i < fft_size; ++i)
      window[i] = at(std::int64_t{symbol} * symbol_samples + 32 - advance + shift + i);
    Signal y = fft(window, -1);
    for (cf64& v : y) v /= std::sqrt(static_cast<double>(fft_size));
    return y;
  }
};

// The start to the sample and the carrier to the phase from PSS to SSS; nothing if the SSS is not there.
bool refine(Frame& frame) {
  Signal sss(fft_size);
  for (int k = 0; k < fft_size; ++k) sss[k] = cf64(sync::sss()[k]);
  const Signal time = fft(sss, +1);  // the body of the SSS, times sqrt(N)
  double best = 0;
  std::int64_t best_lag = 0;
  cf64 sss_match = 0;
  for (std::int64_t lag = -8; lag <= 8; ++lag) {
    cf64 sum = 0;
    double energy = 0;
    for (int i = 0; i < fft_size; ++i) {
      const cf64 v = frame.at(lag + symbol_samples + 32 + i);
      sum += v * std::conj(time[i]);
      energy += std::norm(v);
    }
    const double share = energy > 0 ? std::norm(sum) / (energy * fft_size * 1020.0) : 0.0;
    if (share > best) best = share, best_lag = lag, sss_match = sum;
  }
  if (best < 1 - std::pow(1e-9, 1.0 / 1019)) return false;
  cf64 pss_match = 0;
  for (int i = 0; i < symbol_samples; ++i)
    pss_match += frame.at(best_lag + i) * std::conj(cf64(sync::pss()[i]));
  frame.start += best_lag;
  frame.frequency += std::arg(sss_match * std::conj(pss_match)) / (2 * pi * symbol_samples);
  return true;
}

struct Channel {
  Signal response = Signal(fft_size);
  double noise = 0;
};

// DFT-domain smoothing of the least-squares channel, 32 taps about the strongest delay, found on a grid of a
// hundredth of a sample.
Channel estimate(const Signal& y, const ofdm::Numerology& numerology) {
  const auto used = numerology.used_carriers();
  Signal ls(fft_size);
  for (const auto k : used) ls[k] = y[k] * std::conj(cf64(sync::sss()[k]));
  double best = -1;
  double delay = 0;
  for (int centi = 0; centi < 3200; ++centi) {
    cf64 sum = 0;
    for (const auto k : used) sum += ls[k] * turn(numerology.signed_index(k) * (centi / 100.0) / fft_size);
    if (std::norm(sum) > best) best = std::norm(sum), delay = centi / 100.0;
  }
  Signal flat(fft_size);
  for (const auto k : used) flat[k] = ls[k] * turn(numerology.signed_index(k) * delay / fft_size);
  const cf64 step = (flat[2] - flat[1021]) / 5.0;
  for (int g = 1; g <= 4; ++g) flat[(1021 + g) % fft_size] = flat[1021] + static_cast<double>(g) * step;
  Signal taps = fft(flat, +1);
  for (int i = 16; i < fft_size - 16; ++i) taps[i] = 0;
  const Signal smooth = fft(taps, -1);
  Channel channel;
  double rest = 0;
  for (const auto k : used) {
    channel.response[k] =
        smooth[k] / static_cast<double>(fft_size) * turn(-numerology.signed_index(k) * delay / fft_size);
    rest += std::norm(ls[k] - channel.response[k]);
  }
  channel.noise = rest / (static_cast<double>(used.size()) - 32);
  return channel;
}

// Weighted straight line through (i, y_i): {value at 0, slope}.
std::array<double, 2> line(std::span<const double> y, int first, int last, double origin) {
  double s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0;
  for (int i = first; i < last; ++i) {
    const double u = i - origin;
    s0 += 1, s1 += u, s2 += u * u, t0 += y[i], t1 += u * y[i];
  }
  const double determinant = s0 * s2 - s1 * s1;
  return {(s2 * t0 - s1 * t1) / determinant, (s0 * t1 - s1 * t0) / determinant};
}

class Reader {
 public:
  std::optional<OneShotFrame> read(Frame frame, double sample_rate_hz) {
    const Channel channel = estimate(frame.bins(1, 0), numerology_);
    std::array<std::int64_t, symbols> shift{};
    measure(frame, channel, shift);
    // A second pass with windows that follow the line of the delays.
    const auto drift = line(delay_, first_pilot_symbol, symbols, 1.0);
    for (int i = 0; i < symbols; ++i) shift[i] = std::llround(drift[1] * (i - 1));
    measure(frame, channel, shift);
    const auto delay = line(delay_, first_pilot_symbol, symbols, 1.0);
    const auto phase = line(phase_, first_pilot_symbol, symbols, 1.0);

    OneShotFrame out;
    out.start_sample = frame.start;
    out.carrier_offset_hz = (frame.frequency + phase[1] / (2 * pi * symbol_samples)) * sample_rate_hz;
    out.clock_offset_ppm = delay[1] / symbol_samples * 1e6;
    double power = 0;
    for (const auto k : used_) power += std::norm(channel.response[k]);
    out.snr_db = db_from_power(power / static_cast<double>(used_.size()) / channel.noise);

    error_ = 0;
    soft_.clear();
    for (int i = first_pilot_symbol; i < first_pilot_symbol + 2; ++i)
      demodulate(frame, channel, i, shift[i], delay, modem::Modulation::qpsk);
    const auto header = deframer_.header(soft_);
    if (!header) return std::nullopt;
    out.header = *header;
    soft_.clear();
    for (int i = first_pilot_symbol + 2; i < symbols; ++i) {
      demodulate(frame, channel, i, shift[i], delay, frame::modulation_of(header->mcs));
    }
    out.mer_db = db_from_power(static_cast<double>((symbols - first_pilot_symbol) * pilots_.size()) / error_);
    out.payload.resize(header->payload_bytes);
    out.ok = deframer_.payload(*header, soft_, out.payload).ok;
    if (!out.ok) out.payload.clear();
    return out;
  }

 private:
  // phase_ (unwrapped, radians) and delay_ (samples after the start) of every symbol against the channel.
  void measure(const Frame& frame, const Channel& channel, std::span<const std::int64_t> shift) {
    double expected_phase = 0;
    double expected_delay = 0;
    for (int i = first_pilot_symbol; i < symbols; ++i) {
      const Signal y = frame.bins(i, shift[i]);
      std::vector<cf64> rest;
      cf64 sum = 0;
      for (std::size_t p = 0; p < pilots_.size(); ++p) {
        const auto k = pilots_[p];
        const double slope =
            -numerology_.signed_index(k) * (expected_delay - static_cast<double>(shift[i])) / fft_size;
        rest.push_back(y[k] * std::conj(channel.response[k] * cf64(values_(static_cast<std::size_t>(i), p))) *
                       turn(-slope));
        sum += rest.back();
      }
      const double phase = std::arg(sum * std::polar(1.0, -expected_phase)) + expected_phase;
      double above = 0;
      double below = 0;
      for (std::size_t p = 0; p < pilots_.size(); ++p) {
        const double k = numerology_.signed_index(pilots_[p]);
        above += k * (rest[p] * std::polar(1.0, -phase)).imag();
        below += k * k * std::norm(channel.response[pilots_[p]]);
      }
      phase_[i] = phase;
      delay_[i] = expected_delay - above / below * fft_size / (2 * pi);
      // The next symbol is expected on the line of the last twenty.
      const int from = std::max(first_pilot_symbol, i - 19);
      if (i - from >= 4) {
        const auto p = line(phase_, from, i + 1, i + 1);
        const auto d = line(delay_, from, i + 1, i + 1);
        expected_phase = p[0];
        expected_delay = d[0];
      } else {
        expected_phase = phase;
      }
    }
  }

  void demodulate(const Frame& frame, const Channel& channel, int symbol, std::int64_t shift,
                  const std::array<double, 2>& delay_line, modem::Modulation modulation) {
    const Signal y = frame.bins(symbol, shift);
    // The phase of a symbol: the middle of a line through its neighbours, known on both sides.
    const int from = std::max(first_pilot_symbol, symbol - 2);
    const double phase = line(phase_, from, std::min(symbols, symbol + 3), symbol)[0];
    const double delay = delay_line[0] + delay_line[1] * (symbol - 1) - static_cast<double>(shift);
    const auto equalized = [&](std::uint16_t k) {
      return y[k] / (channel.response[k] * std::polar(1.0, phase) *
                     turn(-numerology_.signed_index(k) * delay / fft_size));
    };
    for (std::size_t p = 0; p < pilots_.size(); ++p) {
      error_ += std::norm(equalized(pilots_[p]) - cf64(values_(static_cast<std::size_t>(symbol), p)));
    }
    std::vector<cf32> points;
    std::vector<float> variance;
    for (const auto k : data_) {
      points.push_back(cf32(equalized(k)));
      variance.push_back(static_cast<float>(channel.noise / std::norm(channel.response[k])));
    }
    const modem::Constellation constellation(modulation, modem::BitMap::nr);
    const std::size_t done = soft_.size();
    soft_.resize(done + points.size() * constellation.bits());
    modem::soft_demap(constellation, points, variance, std::span(soft_).subspan(done));
  }

  ofdm::Numerology numerology_ = ofdm::ku20();
  std::vector<std::uint16_t> used_ = numerology_.used_carriers();
  std::vector<std::uint16_t> data_ = numerology_.carriers(ofdm::Carrier::data);
  std::vector<std::uint16_t> pilots_ = numerology_.carriers(ofdm::Carrier::pilot);
  GridBuffer<cf32> values_ = frame::ku_pilot_values();
  frame::Deframer deframer_{{.max_iterations = 50, .reference = fec::CheckRule::sum_product}};
  std::array<double, symbols> phase_{};
  std::array<double, symbols> delay_{};
  std::vector<modem::Llr> soft_;
  double error_ = 0;
};

}  // namespace

std::vector<cf64> oneshot_beam(Grid<const cf32> elements, const array::Geometry& geometry, double carrier_hz,
                               Vec3 direction) {
  doa::SampleCovariance covariance({.elements = elements.rows()});
  covariance.update(elements);
  GridBuffer<cf64> r(elements.rows(), elements.rows());
  covariance.matrix(r.view());
  std::vector<cf64> steering(elements.rows());
  array::steering_vector(geometry, direction, carrier_hz, steering);
  std::vector<cf64> weights(elements.rows());
  beam::MvdrSolver solver({.elements = elements.rows(), .loading_over_noise_db = 10});
  solver.solve(r.view(), steering, weights);
  Signal beam(elements.columns());
  for (std::size_t e = 0; e < elements.rows(); ++e) {
    const auto row = elements.row(e);
    for (std::size_t n = 0; n < beam.size(); ++n) beam[n] += std::conj(weights[e]) * cf64(row[n]);
  }
  return beam;
}

std::vector<OneShotFrame> receive_oneshot(std::span<const cf64> samples, double sample_rate_hz) {
  std::vector<OneShotFrame> frames;
  Reader reader;
  for (const Found& found : find_preambles(samples)) {
    Frame frame{samples, found.start, found.frequency};
    if (found.start + symbols * symbol_samples + advance > static_cast<std::int64_t>(samples.size()))
      continue;
    if (!refine(frame)) continue;
    if (auto result = reader.read(frame, sample_rate_hz)) frames.push_back(std::move(*result));
  }
  return frames;
}

}  // namespace boresight::rx
