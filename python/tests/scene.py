"""Shared by the tests: noise, steering vectors, and the scenes that C++ tests use, too."""

import numpy as np

from boresight.array import Geometry, steering_vector

FREQUENCY_HZ = 11.7e9
SPEED_OF_LIGHT_M_S = 299792458.0
WAVELENGTH_M = SPEED_OF_LIGHT_M_S / FREQUENCY_HZ


def noise(rng, *shape):
    """Complex normal of unit power, complex64."""
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


def line(elements):
    return Geometry.line(elements, WAVELENGTH_M / 2)


def direction(angle_deg):
    angle = np.deg2rad(angle_deg)
    return np.array([np.sin(angle), 0, np.cos(angle)])


def line_steering(elements, angle_deg):
    return steering_vector(line(elements), direction(angle_deg), FREQUENCY_HZ)


def covariance(elements, angles_deg, powers, noise_power=1.0):
    """Of independent plane waves on a half-wave line in white noise."""
    a = np.stack([line_steering(elements, angle) for angle in angles_deg])
    return (a.T * np.asarray(powers)) @ a.conj() + noise_power * np.eye(elements)
