"""From SGP4's frame to azimuth, elevation and range at a place, and how fast they change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._elements import Satellite, utc

SPEED_OF_LIGHT_M_S = 299_792_458.0
EARTH_RATE_RAD_S = 7.292115e-5  # WGS-84
_WGS84_RADIUS_M = 6_378_137.0
_WGS84_FLATTENING = 1 / 298.257223563
_J2000 = np.datetime64("2000-01-01T12:00:00", "ns")
_DIFFERENCE_S = 0.1  # half the base of the finite difference for accelerations

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """A place on Earth: geodetic latitude and longitude (positive north and east) and height above the ellipsoid,
    WGS-84. Heights above sea level differ by the geoid, -107 to +85 m. ValueError out of range."""

    latitude_rad: float
    longitude_rad: float
    height_m: float = 0.0

    def __post_init__(self) -> None:
        for name, value, limit in (("latitude_rad", self.latitude_rad, math.pi / 2),
                                   ("longitude_rad", self.longitude_rad, 2 * math.pi),
                                   ("height_m", self.height_m, 1e5)):
            if not abs(value) <= limit:
                raise ValueError(f"{name}: {value}, must be {-limit} to {limit}")

    @classmethod
    def from_deg(cls, latitude_deg: float, longitude_deg: float, height_m: float = 0.0) -> Place:
        """The same from degrees, as people write them."""
        return cls(math.radians(latitude_deg), math.radians(longitude_deg), height_m)

    def ecef_m(self) -> Floats:
        """Position (3,) in the Earth-fixed frame: x to longitude 0 on the equator, z to the pole."""
        sine = math.sin(self.latitude_rad)
        squared_eccentricity = _WGS84_FLATTENING * (2 - _WGS84_FLATTENING)
        radius = _WGS84_RADIUS_M / math.sqrt(1 - squared_eccentricity * sine**2)
        flat = (radius + self.height_m) * math.cos(self.latitude_rad)
        return np.array([flat * math.cos(self.longitude_rad), flat * math.sin(self.longitude_rad),
                         (radius * (1 - squared_eccentricity) + self.height_m) * sine])

    def enu_from_ecef(self) -> Floats:
        """Rotation (3, 3) whose rows are east, north and up in the Earth-fixed frame."""
        sin_lat, cos_lat = math.sin(self.latitude_rad), math.cos(self.latitude_rad)
        sin_lon, cos_lon = math.sin(self.longitude_rad), math.cos(self.longitude_rad)
        return np.array([[-sin_lon, cos_lon, 0],
                         [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
                         [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]])


@dataclass(frozen=True)
class Look:
    """What a place sees of a satellite at `times`; all arrays (n,), directions as in array/direction.h."""

    times: npt.NDArray[np.datetime64]
    azimuth_rad: Floats
    """Clockwise from true north, 0 to 2 pi."""
    elevation_rad: Floats
    """Above the horizontal plane; without refraction."""
    range_m: Floats
    azimuth_rate_rad_s: Floats
    """Grows without limit towards the zenith."""
    elevation_rate_rad_s: Floats
    range_rate_m_s: Floats
    """Negative when the satellite approaches."""
    range_acceleration_m_s2: Floats

    def doppler_hz(self, carrier_hz: float) -> Floats:
        """-carrier * range rate / c: positive when the satellite approaches, as in sim/motion.h."""
        return -carrier_hz / SPEED_OF_LIGHT_M_S * self.range_rate_m_s

    def doppler_rate_hz_s(self, carrier_hz: float) -> Floats:
        """Its derivative: never positive for long."""
        return -carrier_hz / SPEED_OF_LIGHT_M_S * self.range_acceleration_m_s2

    @property
    def direction_enu(self) -> Floats:
        """Unit vectors (n, 3) from the place to the satellite, (east, north, up): for array.Attitude."""
        flat = np.cos(self.elevation_rad)
        return np.stack([flat * np.sin(self.azimuth_rad), flat * np.cos(self.azimuth_rad),
                         np.sin(self.elevation_rad)], axis=1)


def time_range(start: str | np.datetime64, end: str | np.datetime64, step_s: float) -> npt.NDArray[np.datetime64]:
    """Times from start on, step_s apart, none behind end; (n,), UTC, nanoseconds. At most 10 million.

    ValueError for years outside 1957 to 2199, an end before the start and a step that is not positive and finite.
    """
    first, last = one_time(start, "start"), one_time(end, "end")
    if not 0 < step_s < math.inf:
        raise ValueError(f"step_s: {step_s}, must be positive and finite")
    if not last >= first:
        raise ValueError(f"end: {last}, must not lie before start, {first}")
    steps = int((last - first).astype(np.int64)) / (step_s * 1e9)
    if steps > 1e7:
        raise ValueError(f"step_s: {step_s}, makes more than 10 million times")
    times: npt.NDArray[np.datetime64] = first + np.round(np.arange(int(steps) + 1) * (step_s * 1e9)).astype(
        "timedelta64[ns]")
    return times


def one_time(time: str | np.datetime64, name: str) -> np.datetime64:
    """A single time as datetime64[ns]; ValueError as utc, and for several."""
    at = utc(time, name)
    if np.ndim(time) != 0:
        raise ValueError(f"{name}: must be one time")
    first: np.datetime64 = at[0]
    return first


def look(satellite: Satellite, place: Place, times: npt.ArrayLike) -> Look:
    """The satellite as seen from the place at UTC times, (n,) datetime64 or text of ISO 8601 (or one); none make
    empty arrays. Errors as Satellite.teme.

    Range acceleration is a central difference of range rates 0.1 s to each side: exact to 1e-5 m/s^2 on low orbits,
    for SGP4's velocities, which are themselves the derivative of its positions to 0.01 m/s (0.4 Hz at 11.3 GHz) only.
    """
    at = utc(times, "times")
    step = np.timedelta64(int(_DIFFERENCE_S * 1e9), "ns")
    line, velocity = _relative(satellite, place, at)
    distance = np.linalg.norm(line, axis=1)
    unit = line / distance[:, None]
    rate = np.sum(unit * velocity, axis=1)
    turning = (velocity - rate[:, None] * unit) / distance[:, None]  # derivative of the unit vector
    east, north, up = unit.T
    flat = np.hypot(east, north)
    with np.errstate(divide="ignore", invalid="ignore"):
        azimuth_rate = (turning[:, 0] * north - turning[:, 1] * east) / flat**2
        elevation_rate = turning[:, 2] / flat
    acceleration = (_range_rate(satellite, place, at + step) - _range_rate(satellite, place, at - step)) / (
        2 * _DIFFERENCE_S)
    return Look(at, np.arctan2(east, north) % (2 * np.pi), np.arctan2(up, flat), distance, azimuth_rate,
                elevation_rate, rate, acceleration)


def elevation(satellite: Satellite, place: Place, times: npt.NDArray[np.datetime64]) -> tuple[Floats, Floats]:
    """Sine of the elevation and its derivative, (n,) each: what the search for passes needs."""
    line, velocity = _relative(satellite, place, times)
    distance = np.linalg.norm(line, axis=1)
    sine = line[:, 2] / distance
    return sine, (velocity[:, 2] - sine * np.sum(line * velocity, axis=1) / distance) / distance


def _range_rate(satellite: Satellite, place: Place, times: npt.NDArray[np.datetime64]) -> Floats:
    line, velocity = _relative(satellite, place, times)
    rate: Floats = np.sum(line * velocity, axis=1) / np.linalg.norm(line, axis=1)
    return rate


def _relative(satellite: Satellite, place: Place, times: npt.NDArray[np.datetime64]) -> tuple[Floats, Floats]:
    # Position and velocity relative to the place and seen from it, (n, 3) east, north, up.
    position, velocity = satellite._propagate(times)
    angle = sidereal_angle(times)
    cos, sin = np.cos(angle), np.sin(angle)
    x = cos * position[:, 0] + sin * position[:, 1]
    y = cos * position[:, 1] - sin * position[:, 0]
    vx = cos * velocity[:, 0] + sin * velocity[:, 1] + EARTH_RATE_RAD_S * y
    vy = cos * velocity[:, 1] - sin * velocity[:, 0] - EARTH_RATE_RAD_S * x
    rotation = place.enu_from_ecef()
    line = np.stack([x, y, position[:, 2]], axis=1) - place.ecef_m()
    return line @ rotation.T, np.stack([vx, vy, velocity[:, 2]], axis=1) @ rotation.T


def sidereal_angle(times: npt.NDArray[np.datetime64]) -> Floats:
    """Greenwich mean sidereal time in rad, IAU 1982 (Aoki et al., Astron. Astrophys. 105, 1982), UT1 taken as UTC."""
    days = (times - _J2000).astype(np.int64) / 86400e9
    centuries = days / 36525
    # The linear term without its whole turns: one per day, which the fraction of the day gives exactly.
    seconds = (67310.54841 + 86400 * (days % 1.0) + 8640184.812866 * centuries
               + 0.093104 * centuries**2 - 6.2e-6 * centuries**3)
    angle: Floats = (seconds % 86400) * (2 * np.pi / 86400)
    return angle
