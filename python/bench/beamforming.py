#!/usr/bin/env python3
"""What a beamforming call from Python costs over the same call in C++, on the same arrays.

    cmake --preset release -D BORESIGHT_BENCH=ON && cmake --build --preset release
    PYTHONPATH=build/release/python /usr/bin/python3 python/bench/beamforming.py

Calls of C++, of Python into an array that is there (out=) and of Python into a new array take turns, so that whatever
else the machine does meets all three. The ratios are those of the medians and of the minima; they are written beside
each other for a second round in which C++ takes both turns, which shows what the machine lets one see.
"""

import argparse
import ctypes
import pathlib
import statistics
import sys
import time

import numpy as np

import boresight
from boresight.beam import Beamformer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", type=int, default=16)
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    library = ctypes.CDLL(str(pathlib.Path(boresight.__file__).resolve().parent.parent / "libbench_python_beamforming.so"))
    library.bench_make.restype = ctypes.c_void_p
    library.bench_process.restype = ctypes.c_int64

    rng = np.random.default_rng(1)
    x = rng.standard_normal((options.elements, 2 * options.samples), np.float32).view(np.complex64)
    y = np.zeros((options.beams, options.samples), np.complex64)
    weights = rng.standard_normal((options.beams, 2 * options.elements), np.float32).view(np.complex64)
    beamformer = Beamformer(options.elements, options.beams)
    beamformer.set_weights(weights)
    size = ctypes.c_size_t
    same = ctypes.c_void_p(library.bench_make(size(options.elements), size(options.beams), weights.ctypes.data_as(ctypes.c_void_p)))

    def in_cpp():
        return library.bench_process(same, x.ctypes.data_as(ctypes.c_void_p), y.ctypes.data_as(ctypes.c_void_p), size(options.samples))

    def timed(call):
        start = time.perf_counter_ns()
        call()
        return time.perf_counter_ns() - start

    calls = {
        "C++": in_cpp,
        "C++ again": in_cpp,
        "Python, out=": lambda: timed(lambda: beamformer.process(x, out=y)),
        "Python, new array": lambda: timed(lambda: beamformer.process(x)),
    }
    times = {name: [] for name in calls}
    order = list(calls)
    for turn in range(options.rounds + 3):
        for name in order[turn % 4 :] + order[: turn % 4]:
            nanoseconds = calls[name]()
            if turn >= 3:
                times[name].append(nanoseconds)

    print(f"{options.elements} elements, {options.beams} beams, {options.samples} samples, {options.rounds} rounds")
    median, least = statistics.median(times["C++"]), min(times["C++"])
    for name, values in times.items():
        print(f"{name:18} median {statistics.median(values) / 1e6:8.3f} ms  ratio {statistics.median(values) / median:.3f}"
              f"   least {min(values) / 1e6:8.3f} ms  ratio {min(values) / least:.3f}")
    library.bench_free(same)
    return 0


if __name__ == "__main__":
    sys.exit(main())
