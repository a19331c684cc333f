// Looks at the chain now and then, for the pictures of the report. Bounded, however long the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "boresight/doa/covariance.h"
#include "chain.h"
#include "results.h"
#include "spectrum.h"

namespace boresight::receive {

class ReportData {
 public:
  explicit ReportData(std::size_t elements);

  /// After each piece of the stream. Looks closer every few milliseconds of samples, ever more rarely as the
  /// run goes on.
  void look(const Chain& chain, const Results& results);

  const Spectrum& element_spectrum() const { return element_; }
  const Spectrum& beam_spectrum() const { return beam_; }
  /// Of the elements, calibrated.
  const doa::SampleCovariance& covariance() const { return covariance_; }

 private:
  Spectrum element_;
  Spectrum beam_;
  doa::SampleCovariance covariance_;
  std::uint64_t next_sample_ = 0;
};

}  // namespace boresight::receive
