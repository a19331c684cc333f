// Bytes as samples, and what may be done to true frames, into all receivers, for as long as asked:
// fuzz_rx SECONDS [SEED] [ku|wifi|ofdm|downlink]. What must not happen: a crash, a sanitizer's report, a
// payload that passes its check although it was not sent, a detection that is no number or not where samples
// were, or more work per sample than WifiReceiver promises. Run it under the asan preset for minutes; the
// test suite runs it for a few seconds.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/rx/tone_receiver.h"
#include "boresight/rx/wifi_receiver.h"
#include "boresight/tx/ku_transmitter.h"
#include "boresight/tx/ofdm_transmitter.h"
#include "boresight/tx/wifi_transmitter.h"
#include "support/ku_downlink.h"

namespace {

using namespace boresight;

using Bytes = std::vector<std::uint8_t>;

// Any bit patterns as floats: NaN, infinities, denormals, everything.
void any_floats(Random& random, std::span<cf32> x) {
  for (cf32& s : x) {
    const std::uint64_t bits = random.next();
    s = {std::bit_cast<float>(static_cast<std::uint32_t>(bits)),
         std::bit_cast<float>(static_cast<std::uint32_t>(bits >> 32))};
  }
}

// Patterns that detectors like: constants, tones, periods, steps.
void pattern(Random& random, std::span<cf32> x) {
  const unsigned kind = random.below(5);
  const double f = random.uniform() - 0.5;
  const std::size_t period = std::size_t{1} << random.below(9);
  std::vector<cf32> cycle(period);
  for (cf32& s : cycle) s = random.complex_normal();
  const auto scale = static_cast<float>(std::pow(10.0, 18.0 * random.uniform() - 9.0));
  for (std::size_t i = 0; i < x.size(); ++i) {
    switch (kind) {
      case 0:
        x[i] = {1, 0};
        break;
      case 1:
        x[i] = cf32(std::polar(1.0, 2 * pi * f * static_cast<double>(i)));
        break;
      case 2:
        x[i] = cycle[i % period];
        break;
      case 3:
        x[i] = i % (2 * period) < period ? cf32(1, 1) : cf32(-1, -1);
        break;
      default:
        x[i] = random.complex_normal();
    }
    x[i] *= scale;
  }
}

// Something happens to a stretch of the samples, or to all of them.
void mutate(Random& random, std::vector<cf32>& x) {
  if (x.empty()) return;
  const std::size_t first = random.below(static_cast<std::uint32_t>(x.size()));
  const std::size_t count =
      1 + random.below(static_cast<std::uint32_t>(std::min<std::size_t>(x.size() - first, 3000)));
  const auto stretch = std::span(x).subspan(first, count);
  switch (random.below(11)) {
    case 0:
      any_floats(random, stretch);
      break;
    case 1:
      pattern(random, stretch);
      break;
    case 2:
      std::fill(stretch.begin(), stretch.end(), cf32(0));
      break;
    case 3:  // cut out
      x.erase(x.begin() + static_cast<std::ptrdiff_t>(first),
              x.begin() + static_cast<std::ptrdiff_t>(first + count));
      break;
    case 4: {  // again, right behind it
      const std::vector<cf32> copy(stretch.begin(), stretch.end());
      x.insert(x.begin() + static_cast<std::ptrdiff_t>(first), copy.begin(), copy.end());
      break;
    }
    case 5: {  // over itself
      const std::size_t shift = random.below(2000);
      for (std::size_t i = x.size(); i-- > shift;) x[i] += 0.5F * x[i - shift];
      break;
    }
    case 6: {
      const auto scale = static_cast<float>(std::pow(10.0, 20.0 * random.uniform() - 10.0));
      for (std::size_t i = first; i < x.size(); ++i) x[i] *= scale;
      break;
    }
    case 7: {  // clipped
      const float limit = static_cast<float>(random.uniform());
      for (cf32& s : x) s = {std::clamp(s.real(), -limit, limit), std::clamp(s.imag(), -limit, limit)};
      break;
    }
    case 8: {
      const double f = (random.uniform() - 0.5) * 0.1;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] *= cf32(std::polar(1.0, 2 * pi * f * static_cast<double>(i)));
      break;
    }
    case 9: {
      const cf32 dc = random.complex_normal(10.0F);
      for (cf32& s : x) s += dc;
      break;
    }
    default:
      random.add_noise(x, static_cast<float>(std::pow(10.0, -3.0 * random.uniform())));
  }
}

class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed)
      : random_(seed),
        wifi_transmitter_({}),
        ku_transmitter_({}),
        wifi_({}),
        ku_({}),
        ofdm_transmitter_({.numerology = ofdm_numerology()}),
        ofdm_({.numerology = ofdm_numerology(), .antennas = 2}),
        ofdm_rejecting_({.numerology = ofdm_numerology(),
                         .antennas = 2,
                         .combining = rx::OfdmCombining::interference_rejection}),
        preamble_(preamble_config()),
        pilots_(pilot_config()),
        tones_(tone_config()) {}

  void wifi_round() {
    std::vector<cf32> x;
    const unsigned kind = random_.below(8);
    if (kind == 0) {
      x.resize(random_.below(20'000));
      any_floats(random_, x);
    } else if (kind == 1) {
      x.resize(random_.below(20'000));
      pattern(random_, x);
    } else {
      sent_.clear();
      for (unsigned i = 1 + random_.below(6); i > 0; --i) {
        x.resize(x.size() + random_.below(2) * random_.below(400));
        add_wifi_frame(x);
      }
      for (unsigned i = random_.below(6); i > 0; --i) mutate(random_, x);
    }
    const auto before = wifi_.stats();
    const auto handler = [this](const rx::WifiFrame& f) {
      std::size_t sum = 0;
      for (const auto b : f.psdu) sum += b;
      touched_ += sum + f.mpdus.size();
      for (const auto& m : f.mpdus) {
        if (m.fcs_ok && !is_in(sent_, m.bytes)) ++unsent;
      }
      const auto points = wifi_.equalized();
      if (!points.empty())
        touched_ += std::isfinite(points(points.rows() - 1, points.columns() - 1).real()) ? 1 : 0;
    };
    feed(x, [&](std::span<const cf32> piece) { wifi_.push(piece, handler); });
    wifi_.flush(handler);
    // Five passes over symbols of 72 samples, and eleven transforms for a preamble that leads to nothing.
    const double samples = static_cast<double>(x.size()) + 400.0;
    const auto& after = wifi_.stats();
    if (static_cast<double>(after.transformed_symbols - before.transformed_symbols) >
        samples * (5 / 72.0 + 11 / 116.0))
      ++expensive;
    if (static_cast<double>(after.decoded_bits - before.decoded_bits) > samples * 5 * 2 * 260 / 72.0)
      ++expensive;
    good += after.fcs_ok - before.fcs_ok;
  }

  void ku_round() {
    std::vector<cf32> x;
    if (random_.below(3) == 0) {
      x.resize(random_.below(60'000));
      any_floats(random_, x);
    } else {
      Bytes payload(random_.below(500));
      random_.fill(payload);
      ku_sent_.push_back(payload);  // for good: the end of a frame may come with the next samples
      x.resize(random_.below(3000) + ku_transmitter_.frame_samples());
      ku_transmitter_.transmit(static_cast<frame::Mcs>(random_.below(frame::mcs_count)), random_.below(1000),
                               payload, std::span(x).last(ku_transmitter_.frame_samples()));
      random_.add_noise(x, 0.003F);
      for (unsigned i = random_.below(6); i > 0; --i) mutate(random_, x);
    }
    const auto before = ku_.stats().frames_ok;
    const auto handler = [this](const rx::KuFrame& f) {
      std::size_t sum = 0;
      for (const auto b : f.payload) sum += b;
      touched_ += sum;
      if (f.ok && !is_in(ku_sent_, f.payload)) ++unsent;
    };
    feed(x, [&](std::span<const cf32> piece) { ku_.push(piece, handler); });
    if (random_.below(4) == 0)
      ku_.skip(random_.below(2) != 0 ? random_.below(100'000) : any_count(), handler);
    if (random_.below(2) == 0) ku_.reset();
    good += ku_.stats().frames_ok - before;
  }

  // Bursts on a small numerology with scattered pilots, to two antennas.
  void ofdm_round() {
    std::vector<cf32> x;
    const unsigned kind = random_.below(6);
    if (kind == 0) {
      x.resize(random_.below(20'000));
      any_floats(random_, x);
    } else if (kind == 1) {
      x.resize(random_.below(20'000));
      pattern(random_, x);
    } else {
      for (unsigned i = 1 + random_.below(4); i > 0; --i) {
        x.resize(x.size() + random_.below(2) * random_.below(800));
        const auto mcs = static_cast<frame::Mcs>(random_.below(frame::mcs_count));
        Bytes payload(random_.below(400));
        random_.fill(payload);
        std::vector<cf32> burst(ofdm_transmitter_.burst_samples(mcs, payload.size()));
        ofdm_transmitter_.transmit(mcs, static_cast<std::uint32_t>(random_.next()), payload, burst);
        if (random_.below(4) == 0) burst.resize(random_.below(static_cast<std::uint32_t>(burst.size())));
        x.insert(x.end(), burst.begin(), burst.end());
        ofdm_sent_.push_back(std::move(payload));
      }
      for (unsigned i = random_.below(6); i > 0; --i) mutate(random_, x);
    }
    // The second antenna has another gain, and things of its own.
    std::vector<cf32> other = x;
    for (cf32& s : other) s *= cf32(0.3F, -0.8F);
    for (unsigned i = random_.below(3); i > 0; --i) mutate(random_, other);
    const std::size_t n = std::min(x.size(), other.size());
    GridBuffer<cf32> both(2, n);
    std::copy_n(x.begin(), n, both.row(0).begin());
    std::copy_n(other.begin(), n, both.row(1).begin());
    auto& receiver = random_.below(2) != 0 ? ofdm_ : ofdm_rejecting_;
    const auto before = receiver.stats();
    const auto handler = [this](const rx::OfdmReception& r) {
      std::size_t sum = 0;
      for (const auto b : r.payload) sum += b;
      touched_ += sum;
      if (r.ok && !is_in(ofdm_sent_, r.payload)) ++unsent;
      const bool numbers = std::isfinite(r.carrier_offset_hz) && std::isfinite(r.start_fraction) &&
                           std::isfinite(r.clock_offset_ppm) && !std::isnan(r.snr_db) &&
                           !std::isnan(r.effective_snr_db) && !std::isnan(r.mer_db);
      wrong += numbers ? 0 : 1;
    };
    std::size_t at = 0;
    feed(both.row(0), [&](std::span<const cf32> piece) {
      receiver.push(std::as_const(both).view().columns(at, piece.size()), handler);
      at += piece.size();
    });
    receiver.flush(handler);
    // Five passes over symbols of 80 samples, and for each detection, of which there is one in half a
    // repetition of 640 samples, 17 carrier offsets, two symbols of two antennas, there and back, a second
    // look, and a header of eight symbols.
    const double samples = static_cast<double>(n) + 2000.0;
    if (static_cast<double>(receiver.stats().transformed_symbols - before.transformed_symbols) >
        samples * (2 * 5 / 80.0 + (17 * 8 + 8 + 4 + 16) / 320.0))
      ++expensive;
    good += receiver.stats().bursts_ok - before.bursts_ok;
    if (ofdm_sent_.size() > 64) ofdm_sent_.clear();
  }

  // The receivers of the real downlink, one after the other, each with what it looks for.
  void downlink_round() {
    const unsigned which = downlink_rounds_++ % 3;
    std::vector<cf32> x(50'000);
    const unsigned kind = random_.below(4);
    if (kind == 0) {
      any_floats(random_, x);
    } else if (kind == 1) {
      pattern(random_, x);
    } else {
      const double center_hz = which == 0 ? 30e6 : which == 1 ? 115.2e6 : tone_center_hz;
      test::KuDownlink downlink({.sample_rate_hz = downlink_rate_hz,
                                 .center_hz = center_hz,
                                 .tuned_hz = 11'325'117'187.5 + center_hz,
                                 .doppler_hz = 200e3 * (random_.uniform() - 0.5),
                                 .start_s = 1e-3 * random_.uniform(),
                                 .seed = random_.next(),
                                 .edge_pilots = which == 1});
      downlink.add(x, 3.0F);
      random_.add_noise(x, 1.0F);
      for (unsigned i = random_.below(4); i > 0; --i) mutate(random_, x);
    }
    const bool jump = random_.below(4) == 0;
    const std::uint64_t lost = random_.below(2) != 0 ? random_.below(100'000) : any_count();
    const auto run = [&](auto& receiver) {
      const auto handler = [this](const rx::KuDetection& d) {
        const bool numbers = std::isfinite(d.doppler_hz) && std::isfinite(d.carrier_hz) &&
                             std::isfinite(d.snr_db) && std::isfinite(d.statistic);
        const bool place = d.sample_index >= 0 && d.sample_fraction >= 0 && d.sample_fraction < 1;
        wrong += !numbers || !place;
      };
      if (jump) receiver.skip(lost);
      feed(x, [&](std::span<const cf32> piece) { receiver.push(piece, handler); });
    };
    if (which == 0) run(preamble_);
    if (which == 1) run(pilots_);
    if (which == 2) run(tones_);
  }

  std::uint64_t unsent = 0;
  std::uint64_t wrong = 0;
  std::uint64_t expensive = 0;
  std::uint64_t good = 0;

 private:
  static constexpr double downlink_rate_hz = 2.5e6;
  static constexpr double tone_center_hz = -117'000;
  static rx::PreambleReceiver::Config preamble_config() {
    rx::PreambleReceiver::Config c;
    c.search.sample_rate_hz = downlink_rate_hz;
    c.search.center_hz = 30e6;
    c.search.max_carrier_offset_hz = 100e3;
    c.accumulate_frames = 8;
    return c;
  }
  static rx::PilotReceiver::Config pilot_config() {
    rx::PilotReceiver::Config c;
    c.search.sample_rate_hz = downlink_rate_hz;
    c.search.center_hz = 115.2e6;
    c.search.max_carrier_offset_hz = 100e3;
    c.search_every = 4;
    return c;
  }
  static rx::ToneReceiver::Config tone_config() {
    rx::ToneReceiver::Config c;
    c.search.sample_rate_hz = downlink_rate_hz;
    c.search.center_hz = tone_center_hz;
    return c;
  }
  static ofdm::Numerology ofdm_numerology() {
    return ofdm::make_numerology(
        {.name = "fuzz",
         .sample_rate_hz = 1e6,
         .fft_size = 64,
         .prefix_samples = 16,
         .taper_samples = 4,
         .lower_guard = 6,
         .upper_guard = 5,
         .pilots = {
             .kind = ofdm::PilotPattern::Kind::scattered, .spacing = 6, .first = 1, .symbol_step = 4}});
  }
  // Of any size.
  std::uint64_t any_count() { return random_.next() >> random_.below(64); }

  void add_wifi_frame(std::vector<cf32>& x) {
    Bytes psdu(5 + random_.below(random_.below(10) == 0 ? 4090 : 300));
    random_.fill(psdu);
    frame::write_fcs(psdu);
    const auto state = static_cast<std::uint8_t>(1 + random_.below(127));
    std::vector<cf32> frame;
    if (random_.below(2) != 0) {
      sent_.push_back(psdu);
      const auto rate = static_cast<frame::WifiRate>(random_.below(8));
      frame.resize(wifi_transmitter_.frame_samples(rate, psdu.size()));
      wifi_transmitter_.transmit(rate, psdu, state, frame);
    } else {
      frame::HtSignal signal{.mcs = static_cast<std::uint8_t>(random_.below(8)),
                             .aggregated = random_.below(2) != 0,
                             .ldpc = random_.below(2) != 0,
                             .short_guard = random_.below(2) != 0};
      sent_.push_back(psdu);
      if (signal.aggregated) {
        Bytes all(4 + psdu.size());
        frame::append_mpdu(all, 0, psdu);
        psdu = all;
      }
      signal.length = static_cast<std::uint16_t>(psdu.size());
      if (!frame::ht_legacy_length(signal)) return;
      frame.resize(wifi_transmitter_.frame_samples(signal));
      wifi_transmitter_.transmit(signal, psdu, state, frame);
    }
    // Mostly whole; else it ends early and something else follows.
    if (random_.below(4) == 0) frame.resize(random_.below(static_cast<std::uint32_t>(frame.size())));
    x.insert(x.end(), frame.begin(), frame.end());
  }

  static bool is_in(const std::vector<Bytes>& list, std::span<const std::uint8_t> bytes) {
    return std::any_of(list.begin(), list.end(), [bytes](const Bytes& b) {
      return std::equal(b.begin(), b.end(), bytes.begin(), bytes.end());
    });
  }

  template <typename Push>
  void feed(std::span<const cf32> x, const Push& push) {
    const std::size_t longest = random_.below(3) == 0 ? 50 : 100'000;
    while (!x.empty()) {
      const std::size_t n =
          std::min<std::size_t>(x.size(), 1 + random_.below(static_cast<std::uint32_t>(longest)));
      push(x.first(n));
      x = x.subspan(n);
    }
  }

  Random random_;
  tx::WifiTransmitter wifi_transmitter_;
  tx::KuTransmitter ku_transmitter_;
  rx::WifiReceiver wifi_;
  rx::KuReceiver ku_;
  tx::OfdmTransmitter ofdm_transmitter_;
  rx::OfdmReceiver ofdm_, ofdm_rejecting_;
  rx::PreambleReceiver preamble_;
  rx::PilotReceiver pilots_;
  rx::ToneReceiver tones_;
  unsigned downlink_rounds_ = 0;
  std::vector<Bytes> sent_, ku_sent_, ofdm_sent_;
  std::size_t touched_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  Fuzzer fuzzer(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const std::string only = argc > 3 ? argv[3] : "";
  std::uint64_t rounds = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    if (only.empty() || only == "wifi") fuzzer.wifi_round();
    if (only == "ofdm" || (only.empty() && rounds % 4 == 2)) fuzzer.ofdm_round();
    if (only == "ku" || (only.empty() && rounds % 16 == 0)) fuzzer.ku_round();
    if (only == "downlink" || (only.empty() && rounds % 16 == 8)) fuzzer.downlink_round();
    ++rounds;
  }
  std::printf("%llu rounds, %llu good frames, %llu not sent, %llu wrong detections, %llu too expensive\n",
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(fuzzer.good),
              static_cast<unsigned long long>(fuzzer.unsent), static_cast<unsigned long long>(fuzzer.wrong),
              static_cast<unsigned long long>(fuzzer.expensive));
  const bool frames = fuzzer.good > 0 || only == "downlink";
  return fuzzer.unsent == 0 && fuzzer.wrong == 0 && fuzzer.expensive == 0 && frames ? 0 : 1;
}
