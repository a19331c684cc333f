#include "boresight/fec/nr_transport.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/nr_rate_matching.h"
#include "support/allocation_counter.h"
#include "support/binomial.h"

namespace boresight::fec {
namespace {

constexpr std::size_t max_payload = 220'000;
constexpr std::size_t max_coded = 5'300'000;

std::vector<std::uint8_t> random_payload(Random& random, std::size_t n) {
  std::vector<std::uint8_t> payload(n);
  random.fill(payload);
  return payload;
}

std::vector<modem::Llr> clean_llrs(const std::vector<std::uint8_t>& coded, int magnitude = 40) {
  std::vector<modem::Llr> llrs(coded.size());
  for (std::size_t i = 0; i < coded.size(); ++i) {
    llrs[i] = static_cast<modem::Llr>(coded[i] ? -magnitude : magnitude);
  }
  return llrs;
}

std::vector<modem::Llr> noisy_llrs(Random& random, const std::vector<std::uint8_t>& coded, double es_n0_db) {
  const double variance = 1 / (2 * std::pow(10, es_n0_db / 10));
  std::vector<modem::Llr> llrs(coded.size());
  for (std::size_t i = 0; i < coded.size(); ++i) {
    const double y = (coded[i] ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
    llrs[i] = modem::quantize_llr(static_cast<float>(2 * y / variance));
  }
  return llrs;
}

std::size_t coded_for(std::size_t payload_bytes, double rate, unsigned qm) {
  const double bits = static_cast<double>(8 * payload_bytes + 48) / rate * 1.02;
  return static_cast<std::size_t>(bits) / (24 * qm) * (24 * qm) + 24 * qm;
}

class NrTransport : public testing::Test {
 protected:
  std::vector<std::uint8_t> encode(const TransportFormat& format, const std::vector<std::uint8_t>& payload) {
    std::vector<std::uint8_t> coded(format.coded_bits);
    encoder.encode(format, payload, coded);
    return coded;
  }
  NrTransportDecoder::Result decode(const TransportFormat& format, const std::vector<modem::Llr>& llrs) {
    decoded.assign(format.payload_bytes, 0xEE);
    return decoder.decode(format, llrs, decoded);
  }

  Random random{50};
  NrTransportEncoder encoder{{.max_payload_bytes = max_payload, .max_coded_bits = max_coded}};
  NrTransportDecoder decoder{{.max_payload_bytes = max_payload, .max_coded_bits = max_coded}};
  std::vector<std::uint8_t> decoded;
};

// The table of is_valid: blocks without filler and noise decode from there on, and not with a block column
// less.
TEST_F(NrTransport, HowMuchOfEachVersionABlockNeedsIsAsTheHeaderSays) {
  struct Needs {
    std::size_t payload_bytes;
    double rate;
    unsigned lifting_size;
    std::size_t columns[4];
  };
  for (const Needs& needs : {Needs{1053, 0.9, 384, {23, 52, 40, 25}},    // 22 columns: 1.05, 2.36, 1.82, 1.14
                             Needs{478, 0.2, 384, {11, 38, 26, 15}}}) {  // 10 columns: 1.10, 3.80, 2.60, 1.50
    const std::size_t n = needs.payload_bytes;
    ASSERT_EQ(nr_segment(8 * n, nr_choose_base_graph(8 * n, needs.rate)).filler_bits(), 0U);
    const auto payload = random_payload(random, n);
    for (unsigned rv = 0; rv < 4; ++rv) {
      TransportFormat format{n, needs.columns[rv] * needs.lifting_size, 1, needs.rate, rv};
      ASSERT_TRUE(is_valid(format));
      EXPECT_TRUE(decode(format, clean_llrs(encode(format, payload))).crc_ok) << rv;
      format.coded_bits -= needs.lifting_size;
      EXPECT_FALSE(decode(format, clean_llrs(encode(format, payload))).crc_ok) << rv;
    }
    const NrSegmentation s = nr_segment(8 * n, nr_choose_base_graph(8 * n, needs.rate));
    for (unsigned rv = 0; rv < 4; ++rv) {
      TransportFormat format{n, 100'000, 1, needs.rate, rv, s.information_bits + s.lifting_size};
      EXPECT_TRUE(decode(format, clean_llrs(encode(format, payload))).crc_ok) << rv;
      format.limited_buffer_bits = s.information_bits;
      EXPECT_FALSE(decode(format, clean_llrs(encode(format, payload))).crc_ok) << rv;
    }
  }
}

// With enough coded bits for the whole circular buffer every redundancy version decodes by itself.
TEST_F(NrTransport, NoiselessRoundTripOfEveryVersionAndModulation) {
  for (const std::size_t n :
       {1, 2, 3, 10, 22, 23, 36, 37, 70, 78, 79, 100, 477, 478, 479, 1000, 1053, 1054, 3001}) {
    for (const unsigned qm : {1U, 2U, 4U, 6U, 8U, 10U}) {
      for (unsigned rv = 0; rv < 4; ++rv) {
        const double rate = n % 2 == 0 ? 0.5 : 0.8;
        const TransportFormat format{n, coded_for(n, 0.18, qm), qm, rate, rv};
        const auto payload = random_payload(random, n);
        const auto result = decode(format, clean_llrs(encode(format, payload)));
        ASSERT_TRUE(result.crc_ok) << n << " bytes, qm " << qm << ", rv " << rv;
        ASSERT_EQ(result.code_blocks_failed, 0U);
        ASSERT_EQ(decoded, payload);
      }
    }
  }
}

TEST_F(NrTransport, NoiselessRoundTripOfManyLengths) {
  for (std::size_t n = 1; n < 2500; n += 1 + n / 16) {
    for (const double rate : {0.25, 0.34, 0.5, 0.75, 0.84}) {
      const TransportFormat format{n, coded_for(n, rate, 2), 2, rate};
      const auto payload = random_payload(random, n);
      const auto result = decode(format, clean_llrs(encode(format, payload)));
      ASSERT_TRUE(result.crc_ok) << n << " bytes, rate " << rate;
      ASSERT_EQ(decoded, payload);
    }
  }
}

TEST_F(NrTransport, LargestPayloadAtEveryModulation) {
  for (const unsigned qm : {2U, 4U, 6U}) {
    const TransportFormat format{max_payload, coded_for(max_payload, 5.0 / 6, qm), qm, 5.0 / 6};
    const auto payload = random_payload(random, max_payload);
    const auto result = decode(format, clean_llrs(encode(format, payload)));
    EXPECT_TRUE(result.crc_ok);
    EXPECT_EQ(result.code_blocks, 209U);  // (1 760 000 + 24) / 8424 = 208.9
    EXPECT_LE(result.iterations, 3 * result.code_blocks);
    EXPECT_EQ(decoded, payload);
  }
}

// Version 0 without interleaver rows starts with the payload itself, less the two punctured columns.
TEST_F(NrTransport, FirstCodedBitsAreThePayload) {
  const TransportFormat format{300, 5000, 1, 0.5};
  const auto payload = random_payload(random, 300);
  const auto coded = encode(format, payload);
  std::vector<std::uint8_t> bits(2400);
  unpack_msb_first(payload, bits);
  const std::size_t skipped = 2 * 256;  // B = 2416, BG2, Z_c >= 241.6
  for (std::size_t i = skipped; i < bits.size(); ++i) ASSERT_EQ(coded[i - skipped], bits[i]);
  const std::uint32_t crc = crc16_of_bytes(payload);
  for (std::size_t i = 0; i < 16; ++i) ASSERT_EQ(coded[2400 - skipped + i], (crc >> (15 - i)) & 1U);
}

TEST_F(NrTransport, RandomSoftBitsNeverPass) {
  for (int trial = 0; trial < 30; ++trial) {
    const std::size_t n = 1 + random.below(2000);
    const TransportFormat format{n, coded_for(n, 0.5, 4), 4, 0.5};
    std::vector<modem::Llr> llrs(format.coded_bits);
    for (auto& l : llrs) l = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
    const auto result = decode(format, llrs);
    EXPECT_FALSE(result.crc_ok);
    EXPECT_GE(result.code_blocks_failed, 1U);
  }
}

// Short payloads have sixteen bits of CRC, and must be codewords besides. If noise passed as often as the CRC
// alone lets it, 2^-16, so few passes in 200,000 blocks would have a probability below 5 %: the upper end of
// the interval of Clopper and Pearson lies below the CRC's own probability. (None passes at all.)
TEST_F(NrTransport, NoisePassesSixteenBitsOfCrcLessOftenThanTheirLengthSays) {
  NrTransportDecoder small({.max_payload_bytes = 10, .max_coded_bits = 200, .max_iterations = 6});
  constexpr int trials = 200'000;
  const TransportFormat formats[] = {{1, 24, 2, 0.5}, {1, 60, 2, 0.5}, {3, 80, 2, 0.5}, {10, 120, 2, 0.5}};
  int passed = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const TransportFormat& format = formats[trial % 4];
    std::array<modem::Llr, 120> llrs;
    std::array<std::uint8_t, 10> payload;
    const auto received = std::span(llrs).first(format.coded_bits);
    for (auto& l : received) l = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
    passed += small.decode(format, received, std::span(payload).first(format.payload_bytes)).crc_ok;
  }
  RecordProperty("passed", passed);
  EXPECT_LT(1 - binomial_at_least(passed + 1, trials, 1.0 / 65536), 0.05) << passed;
}

TEST_F(NrTransport, OneLostCodeBlockIsCountedAndFailsTheWhole) {
  const TransportFormat format{10'000, coded_for(10'000, 0.5, 2), 2, 0.5};  // ten code blocks
  const auto payload = random_payload(random, 10'000);
  auto llrs = clean_llrs(encode(format, payload));
  const std::size_t begin = 3 * llrs.size() / 10;
  for (std::size_t i = begin; i < begin + llrs.size() / 10; ++i) {
    llrs[i] = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
  }
  auto result = decode(format, llrs);
  EXPECT_FALSE(result.crc_ok);
  EXPECT_EQ(result.code_blocks, 10U);
  EXPECT_EQ(result.code_blocks_failed, 1U);
  // Erased instead of random.
  std::fill_n(llrs.begin() + static_cast<std::ptrdiff_t>(begin), llrs.size() / 10, modem::Llr{0});
  result = decode(format, llrs);
  EXPECT_FALSE(result.crc_ok);
  EXPECT_EQ(result.code_blocks_failed, 1U);
}

// Silence is a failure; but certain zeros everywhere are a valid block of zeros, because all CRCs of zeros
// are zero. Only the scrambling around the transport block rules that out.
TEST_F(NrTransport, SilenceFailsAndCertainZerosAreZeros) {
  for (const std::size_t n : {10, 5000}) {
    const TransportFormat format{n, coded_for(n, 0.3, 2), 2, 0.3};
    EXPECT_FALSE(decode(format, std::vector<modem::Llr>(format.coded_bits, 0)).crc_ok);
    EXPECT_FALSE(decode(format, std::vector<modem::Llr>(format.coded_bits, -127)).crc_ok);
    EXPECT_TRUE(decode(format, std::vector<modem::Llr>(format.coded_bits, 127)).crc_ok);
    EXPECT_EQ(decoded, std::vector<std::uint8_t>(n, 0));
  }
}

// Ten bytes (B = 96, K = 160, N = 800) sent in 4000 bits: 24 times fewer bits than that at Es/N0 = -8 dB is
// Eb/N0 = 9.0 dB per payload bit, which only soft combining of all repetitions makes use of.
TEST_F(NrTransport, RepetitionsAreCombined) {
  const TransportFormat format{10, 4000, 2, 0.02};
  int passed = 0;
  for (int trial = 0; trial < 50; ++trial) {
    const auto payload = random_payload(random, 10);
    const auto result = decode(format, noisy_llrs(random, encode(format, payload), -8));
    passed += result.crc_ok && decoded == payload;
  }
  EXPECT_EQ(passed, 50);
}

// 0.5 dB above the threshold of BG1 R = 1/2 with 20 iterations of min-sum (1.34 dB for a rate of 1e-3).
TEST_F(NrTransport, NoisyPayloadsPassAboveTheThreshold) {
  const TransportFormat format{20'000, 320'400, 6, 0.5};  // 19.02 -> 20 code blocks
  const double rate = 160'000.0 / 320'400.0;
  const auto payload = random_payload(random, 20'000);
  const auto coded = encode(format, payload);
  const auto good = decode(format, noisy_llrs(random, coded, 1.84 + 10 * std::log10(rate)));
  EXPECT_TRUE(good.crc_ok);
  EXPECT_EQ(decoded, payload);
  const auto bad = decode(format, noisy_llrs(random, coded, 0.2 + 10 * std::log10(rate)));
  EXPECT_FALSE(bad.crc_ok);
  EXPECT_EQ(bad.code_blocks_failed, bad.code_blocks);
}

TEST_F(NrTransport, TheDecoderOfASmallHeaderIsSmallAndWorks) {
  NrTransportEncoder small_encoder({.max_payload_bytes = 10, .max_coded_bits = 4000});
  NrTransportDecoder small_decoder({.max_payload_bytes = 10, .max_coded_bits = 4000});
  for (std::size_t n = 1; n <= 10; ++n) {
    for (const std::size_t g : {2000U, 4000U}) {
      const TransportFormat format{n, g, 2, 0.05};
      const auto payload = random_payload(random, n);
      std::vector<std::uint8_t> coded(g);
      std::vector<std::uint8_t> out(n);
      small_encoder.encode(format, payload, coded);
      EXPECT_TRUE(small_decoder.decode(format, clean_llrs(coded), out).crc_ok);
      EXPECT_EQ(out, payload);
    }
  }
}

// Small maxima, every payload up to them and both graphs: the buffers of the constructor are enough (a
// sanitizer would tell).
TEST_F(NrTransport, BuffersFitEveryPayloadUpToTheMaximum) {
  for (const std::size_t maximum : {1, 8, 23, 24, 36, 40, 60, 80, 150}) {
    NrTransportEncoder small_encoder({.max_payload_bytes = maximum, .max_coded_bits = 10'000});
    NrTransportDecoder small_decoder({.max_payload_bytes = maximum, .max_coded_bits = 10'000});
    for (std::size_t n = 1; n <= maximum; n += 1 + n / 12) {
      for (const double rate : {0.3, 0.9}) {
        const TransportFormat format{n, 9600, 6, rate, 2};
        const auto payload = random_payload(random, n);
        std::vector<std::uint8_t> coded(9600);
        std::vector<std::uint8_t> out(n);
        small_encoder.encode(format, payload, coded);
        ASSERT_TRUE(small_decoder.decode(format, clean_llrs(coded), out).crc_ok);
        ASSERT_EQ(out, payload);
      }
    }
  }
}

TEST_F(NrTransport, InvalidFormatsAreRefusedByTheEncoderAndFailInTheDecoder) {
  const TransportFormat good{100, 2400, 2, 0.5};
  ASSERT_TRUE(is_valid(good));
  std::vector<TransportFormat> bad(16, good);
  bad[0].payload_bytes = 0;
  bad[1].coded_bits = 0;
  bad[2].coded_bits = 2401;
  bad[3].bits_per_symbol = 0;
  bad[4].bits_per_symbol = 3;
  bad[5].bits_per_symbol = 1U << 31;
  bad[6].code_rate = 0;
  bad[7].code_rate = std::numeric_limits<double>::quiet_NaN();
  bad[8].code_rate = 1.5;
  bad[9].redundancy_version = 4;
  bad[10].payload_bytes = max_payload + 1;
  bad[11].payload_bytes = std::numeric_limits<std::size_t>::max();
  bad[12].coded_bits = 0;
  bad[13].coded_bits = max_coded + 2;
  bad[14].coded_bits = std::numeric_limits<std::size_t>::max() - 1;
  bad[15].limited_buffer_bits = 815;  // K is 816 or more
  std::vector<std::uint8_t> payload(100, 0xEE);
  std::vector<std::uint8_t> coded(2400);
  const std::vector<modem::Llr> llrs(2400, 50);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_THROW(encoder.encode(bad[i], payload, coded), ConfigError) << i;
    const auto result = decoder.decode(bad[i], llrs, payload);
    EXPECT_FALSE(result.crc_ok) << i;
    EXPECT_EQ(result.code_blocks, 0U) << i;
  }
  // Fewer than 800 + 16 CRC bits are an addition to other transmissions and nothing by themselves.
  TransportFormat short_one = good;
  short_one.coded_bits = 800;
  EXPECT_FALSE(is_valid(short_one));
  EXPECT_TRUE(is_valid_addition(short_one));
  EXPECT_EQ(decoder.decode(short_one, std::span(llrs).first(800), payload).code_blocks, 0U);
  EXPECT_FALSE(decoder.decode(good, std::span(llrs).first(2398), payload).crc_ok);
  EXPECT_FALSE(decoder.decode(good, llrs, std::span(payload).first(99)).crc_ok);
  EXPECT_THROW(encoder.encode(good, std::span(payload).first(99), coded), ConfigError);
  EXPECT_THROW(encoder.encode(good, payload, std::span(coded).first(2398)), ConfigError);
  EXPECT_EQ(payload, std::vector<std::uint8_t>(100, 0xEE));

  EXPECT_THROW(NrTransportEncoder({.max_payload_bytes = 0, .max_coded_bits = 10}), ConfigError);
  EXPECT_THROW(NrTransportDecoder({.max_payload_bytes = 10, .max_coded_bits = 0}), ConfigError);
  EXPECT_THROW(NrTransportDecoder({.max_payload_bytes = std::size_t{1} << 60, .max_coded_bits = 10}),
               ConfigError);
  EXPECT_THROW(NrTransportDecoder({.max_payload_bytes = 10, .max_coded_bits = 100, .max_iterations = 0}),
               ConfigError);
}

TEST_F(NrTransport, CallsAllocateNothingWhateverTheFormat) {
  using Reference = std::optional<CheckRule>;
  for (const Reference reference : {Reference(), Reference(CheckRule::sum_product)}) {
    NrTransportDecoder checked(
        {.max_payload_bytes = 4000, .max_coded_bits = 100'000, .max_iterations = 5, .reference = reference});
    for (const std::size_t n : {10, 478, 479, 4000, 1}) {
      const TransportFormat format{n, coded_for(n, 0.5, 6), 6, 0.5};
      const auto payload = random_payload(random, n);
      std::vector<std::uint8_t> coded(format.coded_bits);
      std::vector<std::uint8_t> out(n);
      const AllocationCounter while_encoding;
      encoder.encode(format, payload, coded);
      EXPECT_EQ(while_encoding.count(), 0U);
      const auto llrs = clean_llrs(coded);
      const AllocationCounter while_decoding;
      const auto result = checked.decode(format, llrs, out);
      EXPECT_EQ(while_decoding.count(), 0U);
      EXPECT_TRUE(result.crc_ok);
    }
  }
}

class NrSoftBufferTest : public NrTransport {};

// 3 dB of energy twice, and at these rates half the code rate as well: what one transmission never carries,
// two do. One of nine code blocks that passed the first time is not needed any more.
TEST_F(NrSoftBufferTest, TransmissionsAddUpUntilThePayloadIsWhole) {
  constexpr std::size_t n = 9'000;
  TransportFormat format{n, coded_for(n, 0.75, 2), 2, 0.75};
  NrSoftBuffer soft({.max_payload_bytes = n});
  std::vector<std::uint8_t> out(n);
  for (int trial = 0; trial < 5; ++trial) {
    const auto payload = random_payload(random, n);
    soft.clear();
    format.redundancy_version = 0;
    const auto first = noisy_llrs(random, encode(format, payload), -1.5);
    const auto alone = decoder.decode(format, first, soft, out);
    EXPECT_FALSE(alone.crc_ok);
    EXPECT_GT(alone.code_blocks, 1U);
    format.redundancy_version = 2;
    const auto second = noisy_llrs(random, encode(format, payload), -1.5);
    EXPECT_FALSE(decode(format, second).crc_ok);
    EXPECT_TRUE(decoder.decode(format, second, soft, out).crc_ok);
    EXPECT_EQ(out, payload);
    EXPECT_EQ(soft.transmissions(), 2U);
    // Noise that comes late does no harm to what is whole.
    const auto noise = noisy_llrs(random, std::vector<std::uint8_t>(format.coded_bits), -30);
    const auto late = decoder.decode(format, noise, soft, out);
    EXPECT_TRUE(late.crc_ok);
    EXPECT_EQ(late.iterations, 0U);
    EXPECT_EQ(out, payload);
  }
}

// Two transmissions that are too short to stand alone, of one and of many code blocks.
TEST_F(NrSoftBufferTest, ShortTransmissionsAddUp) {
  for (const std::size_t n : {200, 9'000}) {
    NrSoftBuffer soft({.max_payload_bytes = n});
    std::vector<std::uint8_t> out(n);
    const auto payload = random_payload(random, n);
    TransportFormat format{n, 8 * n * 3 / 5 / 4 * 4, 4, 0.75};
    ASSERT_FALSE(is_valid(format));
    EXPECT_FALSE(decoder.decode(format, clean_llrs(encode(format, payload)), soft, out).crc_ok);
    format.redundancy_version = 2;
    format.coded_bits += 8 * n / 5 / 4 * 4;
    EXPECT_TRUE(decoder.decode(format, clean_llrs(encode(format, payload)), soft, out).crc_ok);
    EXPECT_EQ(out, payload);
  }
}

// With a buffer for two thirds of the code rate, every version repeats what the others sent, and a receiver
// without the limit cannot read it.
TEST_F(NrSoftBufferTest, ALimitedBufferIsReadByThoseWhoKnowIt) {
  constexpr std::size_t n = 1'000;
  TransportFormat format{n, 12'000, 2, 0.66};
  format.limited_buffer_bits = 12'000;  // K is 8,448: 8,024 bits in 22 columns of 384
  NrSoftBuffer soft({.max_payload_bytes = n});
  std::vector<std::uint8_t> out(n);
  for (unsigned rv = 0; rv < 4; ++rv) {
    const auto payload = random_payload(random, n);
    format.redundancy_version = rv;
    const auto llrs = clean_llrs(encode(format, payload));
    EXPECT_TRUE(decode(format, llrs).crc_ok);
    soft.clear();
    EXPECT_TRUE(decoder.decode(format, llrs, soft, out).crc_ok);
    EXPECT_EQ(out, payload);
    TransportFormat whole = format;
    whole.limited_buffer_bits = 0;
    EXPECT_EQ(decode(whole, llrs).crc_ok, rv == 0);
    EXPECT_EQ(decoder.decode(whole, llrs, soft, out).code_blocks, 0U);
  }
}

// The constructor's room is enough for every payload up to the maximum (a sanitizer would tell): lengths
// around those where one more block is needed, and where base graph 2 takes fewer columns.
TEST_F(NrSoftBufferTest, BuffersFitEveryPayloadUpToTheMaximum) {
  for (const std::size_t maximum : {22, 24, 25, 30, 70, 78, 79, 80, 478, 479, 480, 955, 1054, 2000, 3002}) {
    NrSoftBuffer soft({.max_payload_bytes = maximum});
    for (const std::size_t below : {0, 1, 2, 7, 54, 400, 477, 525, 948}) {
      if (below >= maximum) continue;
      const std::size_t n = maximum - below;
      for (const double rate : {0.2, 0.9}) {
        const TransportFormat format{n, 3 * 8 * n + 400, 1, rate};
        const auto payload = random_payload(random, n);
        std::vector<std::uint8_t> out(n);
        soft.clear();
        ASSERT_TRUE(decoder.decode(format, clean_llrs(encode(format, payload)), soft, out).crc_ok)
            << maximum << ' ' << n << ' ' << rate;
        ASSERT_EQ(out, payload);
      }
    }
  }
}

TEST_F(NrSoftBufferTest, AnotherPayloadNeedsClear) {
  NrSoftBuffer soft({.max_payload_bytes = 100});
  const TransportFormat format{100, 2000, 2, 0.5};
  const TransportFormat shorter{99, 2000, 2, 0.5};
  const TransportFormat too_long{101, 2000, 2, 0.5};
  const auto payload = random_payload(random, 99);
  const auto llrs = clean_llrs(encode(shorter, payload));
  std::vector<std::uint8_t> out(99);
  std::vector<std::uint8_t> hundred(100);
  std::vector<std::uint8_t> more(101);
  EXPECT_EQ(decoder.decode(too_long, llrs, soft, more).code_blocks, 0U);
  EXPECT_FALSE(decoder.decode(format, std::vector<modem::Llr>(2000, 0), soft, hundred).crc_ok);
  EXPECT_EQ(decoder.decode(shorter, llrs, soft, out).code_blocks, 0U);
  EXPECT_EQ(soft.transmissions(), 1U);
  soft.clear();
  EXPECT_TRUE(decoder.decode(shorter, llrs, soft, out).crc_ok);
  EXPECT_EQ(out, payload);
  EXPECT_THROW(NrSoftBuffer({.max_payload_bytes = 0}), ConfigError);
  EXPECT_THROW(NrSoftBuffer({.max_payload_bytes = std::size_t{1} << 25}), ConfigError);
}

TEST_F(NrSoftBufferTest, CombiningAllocatesNothing) {
  NrSoftBuffer soft({.max_payload_bytes = 4000});
  for (const std::size_t n : {4000, 10}) {
    const TransportFormat format{n, coded_for(n, 0.5, 2), 2, 0.5};
    const auto llrs = clean_llrs(encode(format, random_payload(random, n)));
    std::vector<std::uint8_t> out(n);
    soft.clear();
    const AllocationCounter counter;
    EXPECT_TRUE(decoder.decode(format, llrs, soft, out).crc_ok);
    EXPECT_EQ(counter.count(), 0U);
  }
}

}  // namespace
}  // namespace boresight::fec
