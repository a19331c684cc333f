#include "boresight/frame/ku_frame.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/ofdm/numerology.h"

namespace boresight::frame {
namespace {

TEST(KuFrame, AddsUpToItsLength) {
  EXPECT_EQ(ku_symbols * ku_symbol_samples + 1088, ku_frame_samples);
  EXPECT_EQ(ofdm::ku240().symbol_samples(), ku_symbol_samples);
  EXPECT_EQ(ofdm::ku240().carriers(ofdm::Carrier::pilot).size(), ku_pilots);
  EXPECT_EQ(ofdm::ku240().carriers(ofdm::Carrier::data).size(), ku_data_carriers);
  EXPECT_DOUBLE_EQ(ku_frame_samples / ofdm::ku240().sample_rate_hz, 1.0 / 750);
}

TEST(KuFrame, PilotsHaveUnitModulusAndDifferFromSymbolToSymbol) {
  const auto values = ku_pilot_values();
  for (std::size_t s = ku_first_header_symbol; s < ku_symbols; ++s) {
    cf32 correlation = 0;
    for (std::size_t p = 0; p < ku_pilots; ++p) {
      EXPECT_NEAR(std::abs(values(s, p)), 1.0F, 1e-6);
      if (s > ku_first_header_symbol) correlation += values(s, p) * std::conj(values(s - 1, p));
    }
    EXPECT_LT(std::abs(correlation), 30.0F) << s;  // 51 random QPSK products: 7.1 rms
  }
}

}  // namespace
}  // namespace boresight::frame
