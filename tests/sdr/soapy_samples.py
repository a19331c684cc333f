"""Another program reads the simulated sky through SoapySDR and finds the simulator's own samples.

Usage: soapy_samples.py PROGRAM SCENARIO SEED CHANNELS SAMPLES
PROGRAM (sky_sha256) prints the digest expected. Needs the Python binding of SoapySDR, which distributions
install for the system's Python only, and SOAPY_SDR_PLUGIN_PATH pointing to the module. No NumPy needed.
"""

import ctypes
import hashlib
import subprocess
import sys

import SoapySDR


def read_samples(device, channels, samples):
    stream = device.setupStream(SoapySDR.SOAPY_SDR_RX, "CS16", list(range(channels)))
    rows = [(ctypes.c_int16 * (2 * samples))() for _ in range(channels)]
    start_ns = device.getHardwareTime() + 200_000_000
    assert device.activateStream(stream, SoapySDR.SOAPY_SDR_HAS_TIME, start_ns) == 0
    done = 0
    step = 1500  # not a divisor of anything inside
    while done < samples:
        addresses = [ctypes.addressof(row) + 4 * done for row in rows]
        result = device.readStream(stream, addresses, min(step, samples - done), timeoutUs=5_000_000)
        assert result.ret > 0, f"readStream returned {result.ret} after {done} samples"
        if done == 0:
            assert result.timeNs == start_ns, f"first sample at {result.timeNs}, asked for {start_ns}"
        done += result.ret
    device.deactivateStream(stream)
    device.closeStream(stream)
    return rows


def main():
    program, scenario, seed, channels, samples = sys.argv[1:]
    device = SoapySDR.Device(f"driver=boresight,scenario={scenario},seed={seed},channels={channels}")
    digest = hashlib.sha256()
    for row in read_samples(device, int(channels), int(samples)):
        digest.update(bytes(row))
    expected = subprocess.run([program, scenario, seed, channels, samples], check=True, capture_output=True,
                              text=True).stdout.strip()
    print(f"expected {expected}\nread     {digest.hexdigest()}")
    return 0 if digest.hexdigest() == expected else 1


if __name__ == "__main__":
    sys.exit(main())
