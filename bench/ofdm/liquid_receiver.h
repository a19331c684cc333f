// liquid-dsp's OFDM receivers on frames of their own generators: the peer.
#pragma once

#include <liquid/liquid.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/types.h"

namespace boresight {

/// ofdmframesync: samples to equalized symbols. M = 1024 subcarriers, a prefix of 32, no taper, the library's
/// own choice of pilots and guards; a preamble of three symbols and then 300 of QPSK, 30 dB of SNR.
class LiquidSymbols {
 public:
  LiquidSymbols() {
    std::vector<unsigned char> types(fft_size);
    ofdmframe_init_default_sctype(fft_size, types.data());
    ofdmframegen generator = ofdmframegen_create(fft_size, prefix, 0, types.data());
    std::vector<liquid_float_complex> symbol(fft_size + prefix);
    const auto append = [&] {
      for (const auto& x : symbol) samples_.push_back(x);
    };
    Random random(1);
    ofdmframegen_write_S0a(generator, symbol.data());
    append();
    ofdmframegen_write_S0b(generator, symbol.data());
    append();
    ofdmframegen_write_S1(generator, symbol.data());
    append();
    std::vector<liquid_float_complex> values(fft_size);
    for (std::size_t s = 0; s < data_symbols; ++s) {
      for (auto& v : values) {
        v = {random.below(2) ? 0.7071F : -0.7071F, random.below(2) ? 0.7071F : -0.7071F};
      }
      ofdmframegen_writesymbol(generator, values.data(), symbol.data());
      append();
    }
    ofdmframegen_destroy(generator);
    add_noise(samples_, random);
    sync_ = ofdmframesync_create(fft_size, prefix, 0, types.data(), count, &received_);
  }
  LiquidSymbols(const LiquidSymbols&) = delete;
  LiquidSymbols& operator=(const LiquidSymbols&) = delete;
  ~LiquidSymbols() { ofdmframesync_destroy(sync_); }

  /// Receives one frame; returns the symbols that came out of it.
  std::size_t receive() {
    received_ = 0;
    ofdmframesync_reset(sync_);
    ofdmframesync_execute(sync_, samples_.data(), static_cast<unsigned>(samples_.size()));
    return received_;
  }
  std::size_t symbols() const { return samples_.size() / (fft_size + prefix); }

  static void add_noise(std::vector<liquid_float_complex>& samples, Random& random) {
    double power = 0;
    for (const auto& x : samples) power += std::norm(x);
    const auto scale = static_cast<float>(std::sqrt(1e-3 * power / static_cast<double>(samples.size())));
    for (auto& x : samples) x += scale * random.complex_normal();
  }

  static constexpr unsigned fft_size = 1024;
  static constexpr unsigned prefix = 32;
  static constexpr std::size_t data_symbols = 300;

 private:
  static int count(liquid_float_complex* /*values*/, unsigned char* /*types*/, unsigned /*size*/,
                   void* user) {
    return ++*static_cast<std::size_t*>(user) == data_symbols;  // 1: on to the next frame
  }

  std::vector<liquid_float_complex> samples_;
  std::size_t received_ = 0;
  ofdmframesync sync_ = nullptr;
};

/// ofdmflexframesync: samples to bytes, hard decisions, CRC-32 and no code. The payload fills about 300
/// symbols.
class LiquidBytes {
 public:
  explicit LiquidBytes(modulation_scheme scheme) {
    ofdmflexframegenprops_s properties;
    ofdmflexframegenprops_init_default(&properties);
    properties.check = LIQUID_CRC_32;
    properties.fec0 = LIQUID_FEC_NONE;
    properties.fec1 = LIQUID_FEC_NONE;
    properties.mod_scheme = scheme;
    ofdmflexframegen generator =
        ofdmflexframegen_create(LiquidSymbols::fft_size, LiquidSymbols::prefix, 0, nullptr, &properties);
    Random random(1);
    std::vector<std::uint8_t> payload(scheme == LIQUID_MODEM_QPSK    ? 50'000
                                      : scheme == LIQUID_MODEM_QAM16 ? 60'000
                                                                     : 65'000);
    random.fill(payload);
    const std::vector<std::uint8_t> header(8);
    ofdmflexframegen_assemble(generator, header.data(), payload.data(),
                              static_cast<unsigned>(payload.size()));
    std::vector<liquid_float_complex> block(LiquidSymbols::fft_size + LiquidSymbols::prefix);
    bool last = false;
    while (!last) {
      last = ofdmflexframegen_write(generator, block.data(), static_cast<unsigned>(block.size())) != 0;
      samples_.insert(samples_.end(), block.begin(), block.end());
    }
    ofdmflexframegen_destroy(generator);
    LiquidSymbols::add_noise(samples_, random);
    sync_ =
        ofdmflexframesync_create(LiquidSymbols::fft_size, LiquidSymbols::prefix, 0, nullptr, count, &good_);
  }
  LiquidBytes(const LiquidBytes&) = delete;
  LiquidBytes& operator=(const LiquidBytes&) = delete;
  ~LiquidBytes() { ofdmflexframesync_destroy(sync_); }

  /// True if the frame came out with a good check.
  bool receive() {
    good_ = false;
    ofdmflexframesync_reset(sync_);
    ofdmflexframesync_execute(sync_, samples_.data(), static_cast<unsigned>(samples_.size()));
    return good_;
  }
  std::size_t symbols() const { return samples_.size() / (LiquidSymbols::fft_size + LiquidSymbols::prefix); }

 private:
  static int count(unsigned char* /*header*/, int /*header_valid*/, unsigned char* /*payload*/,
                   unsigned /*payload_size*/, int payload_valid, framesyncstats_s /*statistics*/,
                   void* user) {
    *static_cast<bool*>(user) = payload_valid != 0;
    return 0;
  }

  std::vector<liquid_float_complex> samples_;
  bool good_ = false;
  ofdmflexframesync sync_ = nullptr;
};

}  // namespace boresight
