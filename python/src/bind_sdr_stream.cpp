// Samples of a source through a reader thread.
#include <chrono>
#include <thread>

#include "bindings.h"
#include "boresight/core/convert.h"
#include "boresight/sdr/sample_stream.h"
#include "boresight/sdr/source.h"
#include "waiting.h"

namespace boresight::python {
namespace {

using namespace boresight::sdr;  // NOLINT(google-build-using-namespace)

// What a SampleStream brought, in Python.
struct StreamBlock {
  Read::Status status = Read::Status::timeout;
  py::array_t<cf32> samples = new_grid<cf32>(0, 0);
  std::uint64_t first_sample = 0;
  std::uint64_t lost_samples = 0;
  bool gap = false;
  std::optional<std::int64_t> time_ns;
};

// A stream with what it reads from, which is nobody else's from start() to stop().
struct Stream {
  Stream(Source& from, const SampleStreamConfig& config)
      : source(&from), full_scale(from.info().full_scale), stream(from, config) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { stop(); }

  void start() {
    claim(source, "a SampleStream reads from this source: stop() it first");
    claimed = true;
    try {
      const LongCall call(this);
      stream.start();
    } catch (...) {
      let_go();
      throw;
    }
  }
  void stop() noexcept {
    stream.stop();
    let_go();
  }
  void let_go() {
    if (std::exchange(claimed, false)) release(source);
  }

  Source* source;
  double full_scale;
  bool claimed = false;
  SampleStream stream;
};

// Another thread may wait in next(): it is told that the stream ends, and leaves.
void stop_stream(Stream& self) {
  self.stream.request_stop();
  while (is_marked(&self)) {
    unlocked([] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  {
    const LongCall call(&self);
    self.stream.stop();
  }
  self.let_go();
}

template <typename S>
py::array_t<cf32> scaled_block(const SampleBlock& block, double full_scale) {
  const Grid<const S> in = block.as<S>();
  auto out = new_grid<cf32>(in.rows(), in.columns());
  const Grid<cf32> to = writable_grid(out);
  const float scale = static_cast<float>(1 / full_scale);
  const GilRelease release;
  for (std::size_t c = 0; c < in.rows(); ++c) {
    for (std::size_t i = 0; i < in.columns(); ++i) {
      if constexpr (std::is_same_v<S, cf32>) {
        to(c, i) = scale * in(c, i);
      } else {
        to(c, i) = {scale * static_cast<float>(in(c, i).re), scale * static_cast<float>(in(c, i).im)};
      }
    }
  }
  return out;
}

StreamBlock next_block(Stream& self, double timeout_s) {
  const auto timeout = microseconds(timeout_s);
  SampleStream::Next next;
  {
    LongCall call(&self);
    next = wait_patiently(call, timeout,
                          [&](std::chrono::microseconds slice) { return self.stream.next(slice); });
  }
  StreamBlock out;
  out.status = next.status;
  if (!next.block) return out;
  const SampleBlock& block = *next.block;
  out.samples = block.format() == SampleFormat::cs8    ? scaled_block<cs8>(block, self.full_scale)
                : block.format() == SampleFormat::cs16 ? scaled_block<cs16>(block, self.full_scale)
                                                       : scaled_block<cf32>(block, self.full_scale);
  out.first_sample = block.first_sample();
  out.lost_samples = block.lost_samples();
  out.gap = block.gap();
  out.time_ns = block.time_ns();
  return out;
}

}  // namespace

void bind_sdr_stream(py::module_& module) {
  Result<SampleStreamStats>(module, "SampleStreamStats", "Counters of a SampleStream.")
      .field("delivered_samples", &SampleStreamStats::delivered_samples, "Per channel.")
      .field("dropped_samples", &SampleStreamStats::dropped_samples, "The consumer was too slow.")
      .field("drops", &SampleStreamStats::drops, "Gaps made that way.")
      .field("blocks", &SampleStreamStats::blocks, "In the pool.")
      .field("most_blocks_waiting", &SampleStreamStats::most_blocks_waiting, "High-water mark.")
      .field("real_time_scheduling", &SampleStreamStats::real_time_scheduling, "Asked for and granted.");
  Result<StreamBlock>(module, "SampleBlock", "Samples of a SampleStream and where they belong.")
      .field("status", &StreamBlock::status, "Read.Status: how it went.")
      .property(
          "samples", [](const StreamBlock& self) { return self.samples; },
          [](StreamBlock& self, py::handle samples) { self.samples = samples.cast<py::array_t<cf32>>(); },
          "complex64 (channels, n) of full scale 1.0.")
      .field("first_sample", &StreamBlock::first_sample, "Its index, lost samples of known number counted.")
      .field("lost_samples", &StreamBlock::lost_samples, "Right before these.")
      .field("gap", &StreamBlock::gap, "A discontinuity right before these.")
      .field("time_ns", &StreamBlock::time_ns, "Of the first sample, the source's clock, or None.");
  py::class_<Stream> stream(
      module, "SampleStream",
      "A reader thread between a Source and its consumer: real-time radios are read in C++.");
  using Config = SampleStreamConfig;
  Struct<Config>(stream, "Config", "Of the pool.")
      .field("block_samples", &Config::block_samples, "Per channel; 0: 1 ms.")
      .field("buffer_s", &Config::buffer_s, "How much the pool holds.")
      .field("max_buffer_bytes", &Config::max_buffer_bytes, "Limit of the pool.")
      .field("real_time_priority", &Config::real_time_priority, "1 to 99, or None.");
  stream
      .def(py::init([](Source& source, const py::kwargs& keywords) {
             return std::make_unique<Stream>(source, from_arguments<Config>(py::args(), keywords));
           }),
           "source"_a, py::keep_alive<1, 2>(), "Fields of the Config by name.")
      .def(
          "start",
          [](Stream& self) {
            require_idle(&self);
            self.start();
          },
          "Starts the source and the reader thread. A stream runs once. Until stop() the source is the "
          "stream's: its read(), receive(), start() and stop() raise RuntimeError.")
      .def("stop", &stop_stream,
           "Stops both; blocks not yet taken can still be taken. Any thread may call it: a next() that waits "
           "in another ends.")
      .def("next", &next_block, "timeout_s"_a = 1.0, "The next SampleBlock, waiting at most so long.")
      .def_property_readonly(
          "block_samples", [](const Stream& self) { return self.stream.block_samples(); }, "Per channel.")
      .def_property_readonly(
          "stats", [](const Stream& self) { return self.stream.stats(); }, "A copy.");
}

}  // namespace boresight::python
