#include "sim/ku_satellite.h"

#include <memory>
#include <span>

#include "boresight/core/random.h"
#include "boresight/frame/carousel.h"
#include "boresight/tx/ku_transmitter.h"
#include "sim/streams.h"

namespace boresight::sim {
namespace {

struct KuSatellite {
  std::shared_ptr<const frame::CarouselSender> carousel;
  frame::Mcs mcs;
  std::uint64_t first_block;
  std::vector<std::uint8_t> payload;
  tx::KuTransmitter transmitter;

  void fill_frame(std::uint64_t number, std::span<cf32> out) {
    const std::size_t bytes = carousel->block(first_block + number, payload);
    transmitter.transmit(mcs, static_cast<std::uint32_t>(number), std::span(payload).first(bytes), out);
  }
};

}  // namespace

std::vector<std::uint8_t> payload_file(const Scenario& scenario) {
  std::vector<std::uint8_t> file(scenario.payload_file_bytes);
  Random(scenario.seed, stream_file).fill(file);
  return file;
}

std::vector<Signal> ku_signals(const Scenario& scenario, const std::vector<std::uint8_t>& file) {
  const std::size_t payload_bytes = frame::max_payload_bytes(scenario.mcs);
  const auto carousel = std::make_shared<const frame::CarouselSender>(file, payload_bytes);
  std::vector<Signal> signals;
  for (std::size_t i = 0; i < scenario.satellites.size(); ++i) {
    const std::uint64_t first_block = carousel->blocks() * i / scenario.satellites.size();
    // std::function wants something it can copy, and the transmitter cannot be.
    auto satellite = std::make_shared<KuSatellite>(
        KuSatellite{carousel, scenario.mcs, first_block, std::vector<std::uint8_t>(payload_bytes),
                    tx::KuTransmitter({.oversampling = signal_oversampling})});
    const std::size_t frame_samples = satellite->transmitter.frame_samples();
    signals.push_back({frame_samples, [satellite](std::uint64_t number, std::span<cf32> out) {
                         satellite->fill_frame(number, out);
                       }});
  }
  return signals;
}

}  // namespace boresight::sim
