#include "code_under_test.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "boresight/core/error.h"
#include "boresight/fec/convolutional.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/wlan_ldpc.h"

namespace boresight {
namespace {

using Bits = std::vector<std::uint8_t>;

void randomize(Random& random, std::span<std::uint8_t> bits) {
  for (auto& bit : bits) bit = random.next() & 1U;
}

std::uint64_t differences(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] != b[i] ? 1 : 0;
  return sum;
}

// Calls receive(i, log-likelihood ratio in nats) for every bit.
template <typename Receive>
void transmit(Random& random, std::span<const std::uint8_t> bits, double variance, Receive receive) {
  const double sigma = std::sqrt(variance);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const double y = (bits[i] != 0 ? -1.0 : 1.0) + sigma * random.normal();
    receive(i, static_cast<float>(2 * y / variance));
  }
}

fec::CheckRule rule_of(const Study& study) {
  return study.decoder == "min-sum"          ? fec::CheckRule::min_sum
         : study.decoder == "offset-min-sum" ? fec::CheckRule::offset_min_sum
                                             : fec::CheckRule::sum_product;
}

// A codeword as its decoder gets it: int8, or floats for the reference, which are neither rounded nor
// limited.
class SoftCodeword {
 public:
  SoftCodeword(const Study& study, const fec::LdpcGraph& graph)
      : study_(study),
        graph_(graph),
        fast_({.max_lifting_size = graph.lifting_size()}),
        reference_({.max_lifting_size = graph.lifting_size(),
                    .rule = rule_of(study),
                    .min_sum_scale = static_cast<float>(study.scale)}),
        llr(graph.codeword_bits()),
        nats(graph.codeword_bits()) {}

  bool is_int8() const { return study_.decoder == "int8"; }
  void clear() {
    std::fill(llr.begin(), llr.end(), modem::Llr{0});
    std::fill(nats.begin(), nats.end(), 0.0F);
  }
  std::uint64_t decode(std::span<std::uint8_t> bits) {
    if (!is_int8()) return reference_.decode(graph_, nats, study_.iterations, bits).iterations;
    const auto stop = study_.fixed ? fec::LdpcDecoder::Stop::never : fec::LdpcDecoder::Stop::parity;
    return fast_.decode(graph_, llr, {.max_iterations = study_.iterations, .stop = stop}, bits).iterations;
  }

 private:
  const Study& study_;
  const fec::LdpcGraph& graph_;
  fec::LdpcDecoder fast_;
  fec::LdpcReferenceDecoder reference_;

 public:
  std::vector<modem::Llr> llr;
  std::vector<float> nats;
};

class NrCode : public CodeUnderTest {
 public:
  explicit NrCode(const Study& study)
      : graph_(study.base_graph == 1 ? fec::BaseGraph::bg1 : fec::BaseGraph::bg2, study.lifting_size),
        soft_(study, graph_),
        codeword_(graph_.codeword_bits()),
        matched_(study.sent_bits),
        received_(study.sent_bits),
        decided_(graph_.information_bits()) {
    for (const unsigned version : study.redundancy_versions) {
      matchings_.push_back({.graph = graph_.base_graph(),
                            .lifting_size = graph_.lifting_size(),
                            .bits_per_block = graph_.information_bits(),
                            .coded_bits = study.sent_bits,
                            .bits_per_symbol = 1,
                            .redundancy_version = version});
      positions_.push_back(positions_of(matchings_.back()));
    }
  }

  std::size_t information_bits() const override { return graph_.information_bits(); }
  std::size_t sent_bits() const override { return matchings_.size() * matched_.size(); }

  Outcome block(Random& random, double variance) override {
    const auto information = std::span(codeword_).first(graph_.information_bits());
    randomize(random, information);
    fec::nr_ldpc_encode(graph_, information, std::span(codeword_).subspan(information.size()), graph_.rows());
    soft_.clear();
    for (std::size_t t = 0; t < matchings_.size(); ++t) {
      fec::nr_rate_match(matchings_[t], codeword_, matched_);
      transmit(random, matched_, variance, [&](std::size_t i, float nats) {
        received_[i] = modem::quantize_llr(nats);
        soft_.nats[positions_[t][i]] += nats;
      });
      if (soft_.is_int8()) fec::nr_rate_recover(matchings_[t], received_, soft_.llr);
    }
    const auto iterations = soft_.decode(decided_);
    return {differences(decided_, information), iterations};
  }

 private:
  // Where each sent bit stands in the codeword: rate matching copies lanes, so it can copy the bits of their
  // numbers.
  static std::vector<std::size_t> positions_of(const fec::NrRateMatching& matching) {
    Bits lanes(fec::base_graph_columns(matching.graph) * matching.lifting_size);
    Bits sent(matching.coded_bits);
    std::vector<std::size_t> positions(matching.coded_bits, 0);
    for (unsigned byte = 0; byte < 3; ++byte) {
      for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<std::uint8_t>(i >> (8 * byte));
      fec::nr_rate_match(matching, lanes, sent);
      for (std::size_t i = 0; i < sent.size(); ++i) positions[i] |= std::size_t{sent[i]} << (8 * byte);
    }
    return positions;
  }

  fec::NrLdpcGraph graph_;
  SoftCodeword soft_;
  std::vector<fec::NrRateMatching> matchings_;
  std::vector<std::vector<std::size_t>> positions_;
  Bits codeword_, matched_;
  std::vector<modem::Llr> received_;
  Bits decided_;
};

class WlanCode : public CodeUnderTest {
 public:
  explicit WlanCode(const Study& study)
      : graph_(study.codeword_bits, rate_of(study.rate)),
        soft_(study, graph_),
        codeword_(graph_.codeword_bits()),
        decided_(graph_.information_bits()) {}

  std::size_t information_bits() const override { return graph_.information_bits(); }
  std::size_t sent_bits() const override { return graph_.codeword_bits(); }

  Outcome block(Random& random, double variance) override {
    const auto information = std::span(codeword_).first(graph_.information_bits());
    randomize(random, information);
    fec::wlan_ldpc_encode(graph_, information, std::span(codeword_).subspan(information.size()));
    transmit(random, codeword_, variance, [&](std::size_t i, float nats) {
      soft_.llr[i] = modem::quantize_llr(nats);
      soft_.nats[i] = nats;
    });
    const auto iterations = soft_.decode(decided_);
    return {differences(decided_, information), iterations};
  }

 private:
  static fec::WlanLdpcRate rate_of(const std::string& rate) {
    return rate == "2/3"   ? fec::WlanLdpcRate::two_thirds
           : rate == "3/4" ? fec::WlanLdpcRate::three_quarters
           : rate == "5/6" ? fec::WlanLdpcRate::five_sixths
                           : fec::WlanLdpcRate::half;
  }

  fec::WlanLdpcGraph graph_;
  SoftCodeword soft_;
  Bits codeword_, decided_;
};

class ConvolutionalCode : public CodeUnderTest {
 public:
  explicit ConvolutionalCode(const Study& study)
      : rate_(study.rate == "2/3"   ? fec::PuncturedRate::two_thirds
              : study.rate == "3/4" ? fec::PuncturedRate::three_quarters
              : study.rate == "5/6" ? fec::PuncturedRate::five_sixths
                                    : fec::PuncturedRate::half),
        termination_(study.termination == "zero"          ? fec::ViterbiDecoder::Termination::zero
                     : study.termination == "tail-biting" ? fec::ViterbiDecoder::Termination::tail_biting
                                                          : fec::ViterbiDecoder::Termination::open),
        decoder_({.max_information_bits = study.information_bits, .max_rounds = study.max_rounds}),
        bits_(study.information_bits +
              (termination_ == fec::ViterbiDecoder::Termination::zero ? fec::convolutional_tail_bits : 0)),
        coded_(2 * bits_.size()),
        sent_(fec::punctured_bits(coded_.size(), rate_)),
        received_(sent_.size()),
        llr_(coded_.size()),
        decided_(study.information_bits) {
    require(study.decoder == "int8", "the convolutional code has one decoder, int8");
  }

  std::size_t information_bits() const override { return decided_.size(); }
  std::size_t sent_bits() const override { return sent_.size(); }

  Outcome block(Random& random, double variance) override {
    const auto information = std::span(bits_).first(decided_.size());  // the tail stays zero
    randomize(random, information);
    if (termination_ == fec::ViterbiDecoder::Termination::tail_biting) {
      fec::convolutional_encode_tail_biting(bits_, coded_);
    } else {
      fec::convolutional_encode(bits_, coded_);
    }
    fec::puncture(coded_, rate_, sent_);
    transmit(random, sent_, variance,
             [&](std::size_t i, float nats) { received_[i] = modem::quantize_llr(nats); });
    fec::depuncture(received_, rate_, llr_);
    decoder_.decode(llr_, decided_, termination_);
    return {differences(decided_, information), decoder_.last_rounds()};
  }

 private:
  fec::PuncturedRate rate_;
  fec::ViterbiDecoder::Termination termination_;
  fec::ViterbiDecoder decoder_;
  Bits bits_, coded_, sent_;
  std::vector<modem::Llr> received_, llr_;
  Bits decided_;
};

}  // namespace

std::unique_ptr<CodeUnderTest> make_code(const Study& study) {
  if (study.code == "wlan") return std::make_unique<WlanCode>(study);
  if (study.code == "convolutional") return std::make_unique<ConvolutionalCode>(study);
  return std::make_unique<NrCode>(study);
}

}  // namespace boresight
