#!/usr/bin/env python3
"""What a beamforming call from Python costs over the same call in C++.

    cmake --preset release -D BORESIGHT_BENCH=ON && cmake --build --preset release
    PYTHONPATH=build/release/python /usr/bin/python3 python/bench/beamforming.py build/release/bin/bench_python_beamforming

Calls of C++ (another process), of Python into an array that is there (out=) and of Python into a new array take turns,
so that whatever else the machine does meets all three. The ratios are those of the medians and of the minima.
"""

import argparse
import statistics
import subprocess
import sys
import time

import numpy as np

from boresight.beam import Beamformer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="bench_python_beamforming")
    parser.add_argument("--elements", type=int, default=16)
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()

    rng = np.random.default_rng(1)
    shape = (options.elements, options.samples)
    x = rng.standard_normal(shape, np.float32) + 1j * rng.standard_normal(shape, np.float32)
    beamformer = Beamformer(options.elements, options.beams)
    weights = rng.standard_normal((options.beams, options.elements, 2), np.float32)
    beamformer.set_weights(weights.view(np.complex64)[..., 0])
    y = np.zeros((options.beams, options.samples), np.complex64)
    cpp = subprocess.Popen([options.program, str(options.elements), str(options.beams), str(options.samples)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def in_cpp():
        cpp.stdin.write("\n")
        cpp.stdin.flush()
        return int(cpp.stdout.readline())

    def timed(call):
        start = time.perf_counter_ns()
        call()
        return time.perf_counter_ns() - start

    calls = {"C++": in_cpp, "Python, out=": lambda: timed(lambda: beamformer.process(x, out=y)),
             "Python, new array": lambda: timed(lambda: beamformer.process(x))}
    times = {name: [] for name in calls}
    for turn in range(options.rounds + 3):
        for name, call in calls.items():
            nanoseconds = call()
            if turn >= 3:
                times[name].append(nanoseconds)
    cpp.stdin.close()
    cpp.wait()

    print(f"{options.elements} elements, {options.beams} beams, {options.samples} samples, {options.rounds} rounds")
    median, least = statistics.median(times["C++"]), min(times["C++"])
    for name, values in times.items():
        print(f"{name:20} median {statistics.median(values) / 1e6:8.3f} ms  ratio {statistics.median(values) / median:.3f}"
              f"   least {min(values) / 1e6:8.3f} ms  ratio {min(values) / least:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
