#include "boresight/sync/ku_edge_pilots.h"

#include <cmath>
#include <numbers>
#include <string_view>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

// One 600-bit integer for each subcarrier: 300 digits of base 4, the most significant is symbol 2.
constexpr std::array<std::string_view, 16> tables = {
    "7634046DA45F89042D0117E163167D4AE832D857515F3CAD90337697FB8F1CD048EFEF559EC"
    "D79688BCBBF44D2FA9BDFAE639DB5D7B1DD2DDCE4EC9733C0D4DCCF3172A0EC34CC226C530E",  // 488
    "CD9AFAA654147A5FE2B407B51FFE15215B3A71624139619628A9C33E8E3A32E5146C09BD3EE"
    "9026CA52032D7FD38960FFC52599E9B8A7F6942334BD4C6D99D4331DEF5674570B245FBB25F",  // 489
    "02481A2B278B88F096C8D174D369D0CF6781B70EBD402D6A6F4C985DA6265866A8374DC0B3E"
    "4917146FE3274CA5D61C3F9A31CB8125F291155CBD4F4F84E93C0D854BBC54EE14443EC2DF8",  // 490
    "D8DC99C2654265B8C32450114C37E2B725A822F1054B46F272877122E47109F113D59E37DFF"
    "418FEA3627C7A5CC0A93ABA0F9408E958DF4179C4DE40CEF842D333632B3E77BEB34B2E6045",  // 491
    "3CC5CA83B0D33089B14C3B6AC3D1946359726B4966B2E966BE61124A5D53E22A73EDBEB383A"
    "92F06CA6CAA8A5B1ECE695465145E286EEE1804CD79A00C84FC80C87DE9DF572F9B54AE798B",  // 492
    "C77BD59D15C2C917EEC97FB479B9F0B2BF5D2ECCD80248D2AC68C84CEA11BAD18D9F6F31B6A"
    "FD783347943562E2C6832EA76828FCDAB31EFF6A9A88EA48E3AFA625B2FCDA7B99B0295E926",  // 493
    "6152EF153B85110FB0B7E24D8334B1C4196DE872B598767BC3CB4A4827A09D924AA7F57EB94"
    "6F1981D036E3001934B10C9E22ABB6AF1F047B3A874CA95E68CBA67063F605FD05D532AAD3C",  // 494
    "CD8CACF9DEFACD2CB9811439D8B7E16F9E09BED47370207150A86DFE24EA1298CCB0907F5BA"
    "B67D4660462C6B10F74B8D9FA7B6F9EC1399B30B43AF622A894B2220B6B509A84AABB58D023",  // 495
    "CCBF3A16929836160CEC6EB7417AE6C37DC1E828CEFB60CE0E6C3B546A76B0AE1E7BC0E9577"
    "528B0F78F82A4104EA2C316B945D385200C7E5A1C5B48F5F9F9AF5C4BA920ACA3A599DB9974",  // 528
    "9CF72F5F5B95CE7342C925CF1AAF457F182C32810E2F7486705D5FA2D9C8923B0173FB206B4"
    "6045C6F162BB9FFD051DB5E5900EFD2DE24D4BB3FE87DD776F00B5613A7D22B2821E139A599",  // 529
    "296319D723210189953BB730DC6046E4EC5FB48F9718D5B600A01578CAC3159B58EE8A30666"
    "3921FBE78EE7C1E8E049B4230A14EB4954933AB64F67B396DD6DB12BCBB3CCA60EA79E0614B",  // 530
    "1017FBBD3D03981EE9F4424D473B8A73E136C777956EAEBD4CA51E9B70D9F5D10657F268595"
    "A5C3687D2DD06C98630F817CABEF3EE660822350A70F10A29A8740212A9CF7E7D814D60A69C",  // 531
    "712EA482B28E96676E65D09994965587314F2B562D0E750FE566E89205A8D4DFED2C4FAFFC5"
    "ED1EA6FB63EC13513444006B78ADFB4BDB6CB05470601C9F8F4901423069C9FBD68D292C16F",  // 532
    "584E9F48ACA08784E696644C78ED9684FC484F32AA1B4DA8E95457358DF89FE8B9D84D47F30"
    "D3CA2F2DDF0E76E57F14A44675326EDCF15052CB62B7DF0EBE623057605CF2406E25BD56B3B",  // 533
    "4AF2ECF32983A9E781852F6E90DC6CCE901863F527E038DA22C0CE02E44FA0563718D93E745"
    "4293962B43594CC2EE427FAE6F15C1238D9C85ABC4E303F3AEC3404A52310CAC0378665E19A",  // 534
    "084AA73DF9F60535829A716EC94D95AA6901B41E81AEF28B03F08CDE7D45425B1164009D564"
    "59C4286E269F4B8EBDBA8BF6FC79847B08A69F79AF6E6A7AF05DA504455BA72727DD7BE7744",  // 535
};

}  // namespace

std::uint8_t edge_pilot_quarter(std::size_t symbol, std::size_t carrier) {
  BORESIGHT_ASSERT(symbol < edge_pilot_symbols && carrier < edge_pilot_subcarriers.size());
  const char c = tables[carrier][symbol / 2];
  const unsigned digit = c <= '9' ? unsigned(c - '0') : unsigned(c - 'A') + 10U;
  return static_cast<std::uint8_t>(symbol % 2 == 0 ? digit >> 2U : digit & 3U);
}

cf32 edge_pilot(std::size_t symbol, std::size_t carrier) {
  constexpr float level = 1.0F / std::numbers::sqrt2_v<float>;
  constexpr std::array<cf32, 4> diagonal{
      cf32{level, level}, {-level, level}, {-level, -level}, {level, -level}};
  return diagonal[edge_pilot_quarter(symbol, carrier)];
}

namespace {

constexpr double spacing_hz = 234'375;
constexpr double symbol_s = 4.4e-6;
constexpr double prefix_s = 32 / 240e6;

double offset_hz(std::size_t carrier) {  // above the channel's center
  const double k = edge_pilot_subcarriers[carrier];
  return (k < 512 ? k : k - 1024) * spacing_hz;
}

}  // namespace

double edge_pilot_center_hz(ChannelEdge edge) {
  const std::size_t first = edge == ChannelEdge::upper ? 0 : 8;
  return 0.5 * (offset_hz(first) + offset_hz(first + 7));
}

void edge_pilot_spectrum(ChannelEdge edge, double rate_hz, double first_hz, double step_hz,
                         std::span<cf32> spectrum) {
  const std::size_t first = edge == ChannelEdge::upper ? 0 : 8;
  const double level = std::sqrt(spacing_hz / rate_hz) * rate_hz;
  std::array<std::array<cf64, edge_pilot_symbols>, 8> values;
  for (std::size_t c = 0; c < 8; ++c) {
    for (std::size_t i = 0; i < edge_pilot_symbols; ++i) values[c][i] = cf64(edge_pilot(i, first + c));
  }
  for (std::size_t n = 0; n < spectrum.size(); ++n) {
    const double f = first_hz + static_cast<double>(n) * step_hz;
    // From one symbol to the next: phases begin anew in each, but against the channel's center, not the
    // edge's.
    const cf64 z = std::polar(1.0, -2 * pi * (f + edge_pilot_center_hz(edge)) * symbol_s);
    cf64 total = 0;
    for (std::size_t c = 0; c < 8; ++c) {
      const double carrier_hz = offset_hz(first + c) - edge_pilot_center_hz(edge);
      cf64 sum = 0;
      for (std::size_t i = edge_pilot_symbols; i-- > 0;) {
        sum = {sum.real() * z.real() - sum.imag() * z.imag() + values[c][i].real(),
               sum.real() * z.imag() + sum.imag() * z.real() + values[c][i].imag()};
      }
      // A tone of the symbol's length, whose phase is zero behind its prefix.
      const double g = carrier_hz - f;
      const double x = pi * g * symbol_s;
      const double envelope = std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x;
      const cf64 tone = std::polar(symbol_s * envelope, x - 2 * pi * offset_hz(first + c) * prefix_s);
      total += sum * tone;
    }
    spectrum[n] = cf32(level * total);
  }
}

}  // namespace boresight::sync
