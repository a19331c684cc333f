// One satellite followed through its frames: from where they begin to its Doppler.
//
// A satellite's Doppler shifts carrier and clock by the same part, so the frame period at the receiver is
// P (1 - doppler / f). The frame starts of the last `window` frames are fitted by a parabola (a straight line
// below 32 frames), whose slope at the last frame is the Doppler. 1 Hz at 11.325 GHz is 8.8e-11 of a period;
// a start known to 0.1 ns in each of 75 frames gives 20 Hz. An error of the receiver's sample clock counts in
// full: 1 ppm is 11 kHz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace boresight::sync {

class DelayTrack {
 public:
  struct Config {
    double period_samples = 320'000;  ///< of a frame at the receiver's rate without Doppler
    double carrier_hz = 11.325e9;     ///< f
    std::size_t window = 96;          ///< frames kept, 4 to 1024
  };

  /// ConfigError for a period that is not positive, a carrier below 1 MHz, a window out of range.
  explicit DelayTrack(const Config& config);

  /// A frame that begins at `start` (samples), not before the last one; `sigma` is its standard deviation.
  /// Frames may be missing in between. Numbers that are not finite are left out.
  void add(double start, double sigma);

  /// Starts count from a sample `by` later from now on, so that they need not become large.
  void move_origin(double by);

  /// Forgets all frames.
  void reset();

  std::size_t frames() const { return count_; }
  double last_start() const;
  /// Where the frame nearest to `near` should begin, and how far off that may be: three standard deviations
  /// of the fit, or, with fewer than three frames, `tolerance` (relative error of the period) since the last
  /// one.
  double predict(double near) const;
  double gate(double near, double tolerance) const;

  /// Before the second frame: nothing known, 0 and infinity.
  double doppler_hz() const { return doppler_hz_; }
  double doppler_sigma_hz() const { return doppler_sigma_hz_; }
  /// Takes the place of the fit's slope in predict() until there are three frames.
  void set_first_doppler_hz(double doppler_hz) { first_doppler_hz_ = doppler_hz; }

 private:
  struct Point {
    double number, start, sigma;
  };
  const Point& at(std::size_t i) const { return points_[(head_ + i) % points_.size()]; }
  void fit();
  double period() const;

  Config config_;
  std::vector<Point> points_;  // a ring
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  double first_doppler_hz_ = 0;
  double doppler_hz_ = 0;
  double doppler_sigma_hz_ = 0;
  // start(number) = c0 + c1 dn + c2 dn^2, dn counted from the last frame; covariance of c.
  double c_[3] = {};
  double covariance_[3][3] = {};
};

}  // namespace boresight::sync
