"""Steers a beam, puts a null on a jammer, and compares both with what the samples alone would have chosen."""

import numpy as np
from numpy.typing import NDArray

from boresight.array import Geometry, Pattern, steering_vector
from boresight.beam import AdaptiveBeamformer, conventional, null_steering

CARRIER_HZ = 11.7e9
WAVELENGTH_M = 299792458.0 / CARRIER_HZ


def direction(angle_deg: float) -> NDArray[np.float64]:
    angle = np.deg2rad(angle_deg)
    return np.array([np.sin(angle), 0.0, np.cos(angle)])


def noise(rng: np.random.Generator, *shape: int) -> NDArray[np.complex64]:
    x: NDArray[np.complex64] = ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)
    return x


def main() -> dict[str, float]:
    geometry = Geometry.line(16, WAVELENGTH_M / 2)
    wanted = steering_vector(geometry, direction(10), CARRIER_HZ)
    jammer = steering_vector(geometry, direction(-25), CARRIER_HZ)
    depths = {}
    for name, weights in {
        "conventional": conventional(wanted),
        "null steered": null_steering(wanted, jammer[np.newaxis]),
    }.items():
        pattern = Pattern(geometry, CARRIER_HZ, weights)
        depths[name] = 10 * np.log10(pattern.power(direction(-25)) / pattern.power(direction(10)) + 1e-20)

    rng = np.random.default_rng(1)
    x = noise(rng, 16, 20_000) + 30 * jammer[:, np.newaxis] * noise(rng, 20_000)
    config = AdaptiveBeamformer.Config(geometry=geometry, carrier_hz=CARRIER_HZ)
    beamformer = AdaptiveBeamformer(config)
    beamformer.set_direction(direction(10))
    beamformer.process(x.astype(np.complex64))
    adaptive = Pattern(geometry, CARRIER_HZ, beamformer.weights)
    depths["adaptive"] = 10 * np.log10(adaptive.power(direction(-25)) / adaptive.power(direction(10)))
    for name, depth in depths.items():
        print(f"{name:14} jammer at {depth:7.1f} dB")
    return depths


if __name__ == "__main__":
    main()
