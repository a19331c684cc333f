// The whole receive chain of a terminal: elements in, payloads out.
//
//   [E x n] ─▶ FrontEnd: gather, clean, beamform ─▶ [n] ─▶ KuReceiver: synchronize, demodulate, decode ─▶
//   frames
#pragma once

#include <cstdint>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/rx/front_end.h"
#include "boresight/rx/ku_receiver.h"

namespace boresight::rx {

class Receiver {
 public:
  struct Config {
    FrontEnd::Config front_end;
    KuReceiver::Config ku;
  };
  using Handler = KuReceiver::Handler;

  /// Allocates everything; push() does not. ConfigError names the value that cannot be: those of the parts,
  /// and a sample rate of the front end's subbands or calibration that is not the ku receiver's.
  explicit Receiver(const Config& config);

  /// x [elements x any number of samples], in the device's own format. `handler` is called for every frame
  /// whose header was read; the results do not depend on how the stream is cut.
  template <typename Sample>
  void push(Grid<const Sample> x, const Handler& handler) {
    front_end_.push(x, [&](std::span<const cf32> beam) { ku_.push(beam, handler); });
  }

  /// `count` samples were lost before the next push; 0 says that nobody knows how many.
  void skip(std::uint64_t count, const Handler& handler);

  /// The end of the stream.
  void flush(const Handler& handler);

  /// Where the satellite is: vector from array to source, array frame. From the next block on.
  void set_direction(Vec3 direction) noexcept { front_end_.set_direction(direction); }
  /// As FrontEnd::set_steering.
  void set_steering(std::span<const cf64> steering) noexcept { front_end_.set_steering(steering); }
  /// As FrontEnd::set_nulls.
  void set_nulls(std::span<const Vec3> directions) noexcept { front_end_.set_nulls(directions); }

  /// As KuReceiver::set_probe.
  void set_probe(KuProbe* probe) noexcept { ku_.set_probe(probe); }

  const FrontEnd& front_end() const { return front_end_; }
  const KuReceiver& ku() const { return ku_; }

 private:
  FrontEnd front_end_;
  KuReceiver ku_;
};

}  // namespace boresight::rx
