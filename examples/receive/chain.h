// The receive chain of the chosen waveform, behind one interface: samples of all elements in, results out.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/carousel.h"
#include "boresight/rx/receiver.h"
#include "boresight/rx/wifi_receiver.h"
#include "options.h"
#include "results.h"
#include "setup.h"

namespace boresight::receive {

class Chain {
 public:
  /// Writes what it finds to `results`, which must outlive the chain.
  Chain(const Options& options, const Setup& setup, Results& results);

  /// x [channels x any].
  template <typename Sample>
  void push(Grid<const Sample> x) {
    if (ku_) {
      ku_->push(x, ku_handler_);
    } else {
      wifi_->front_end.push(x, wifi_->beam_handler);
    }
    pushed_ += x.columns();
    update();
  }
  /// `lost` samples are missing here; 0: nobody knows how many.
  void skip(std::uint64_t lost);
  void flush();
  void look_at(array::SkyDirection direction);

  const rx::FrontEnd& front_end() const { return ku_ ? ku_->front_end() : wifi_->front_end; }
  const frame::CarouselReceiver& carousel() const { return carousel_; }
  /// Data points of the last good frame: of its last symbol (ku), of all its symbols (Wi-Fi).
  std::span<const cf32> constellation() const { return constellation_; }
  /// What kind of points they are, for people: "qpsk_1_2" or "24 Mbit/s"; empty before the first good frame.
  const std::string& constellation_name() const { return constellation_name_; }

 private:
  struct Wifi {
    rx::FrontEnd front_end;
    rx::WifiReceiver receiver;
    rx::FrontEnd::BeamHandler beam_handler;
    std::uint64_t first_sample = 0;  // of the stream since the last gap
  };

  void on_ku_frame(const rx::KuFrame& frame);
  void on_wifi_frame(const rx::WifiFrame& frame);
  void keep_constellation(std::span<const cf32> points);
  void update();
  void look_for_jammers();
  double power_over_noise_db() const;
  double jammer_to_noise_db(double all_db) const;

  Results& results_;
  array::Attitude attitude_;
  bool measures_jammers_;
  double uneven_noise_;                                       // of the calibrated elements, over the floor
  double all_db_ = std::numeric_limits<double>::quiet_NaN();  // what rose above the noise then
  std::uint64_t updates_ = 0;  // of the weights, when jammers were looked for last
  std::unique_ptr<rx::Receiver> ku_;
  std::unique_ptr<Wifi> wifi_;
  rx::KuReceiver::Handler ku_handler_;
  rx::WifiReceiver::Handler wifi_handler_;
  frame::CarouselReceiver carousel_;
  std::uint64_t pushed_ = 0;  // samples, lost ones counted
  std::vector<cf32> constellation_;
  std::string constellation_name_;
};

}  // namespace boresight::receive
