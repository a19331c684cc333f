"""When a satellite is above an elevation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

from ._elements import Satellite
from ._look import Look, Place, elevation, look, one_time, time_range

_STEP_S = 60.0  # the elevation turns around twice per orbit, which takes at least 87 minutes
_RESOLUTION = np.timedelta64(1_000_000, "ns")


@dataclass(frozen=True)
class Pass:
    """A satellite above the minimum elevation; times in UTC, datetime64, exact to 1 ms for these elements."""

    satellite: Satellite
    place: Place
    rise_time: np.datetime64
    culmination_time: np.datetime64
    """Of the greatest elevation."""
    set_time: np.datetime64
    max_elevation_rad: float
    complete: bool
    """False if the pass began before or ends after the time that was searched, and is cut there."""

    @property
    def duration_s(self) -> float:
        """From rise to set."""
        return float((self.set_time - self.rise_time) / np.timedelta64(1, "ns")) * 1e-9

    def look(self, step_s: float = 1.0) -> Look:
        """What the place sees from rise to set, every step_s seconds."""
        return look(self.satellite, self.place, time_range(self.rise_time, self.set_time, step_s))


def passes(satellite: Satellite, place: Place, start: str | np.datetime64, end: str | np.datetime64,
           min_elevation_rad: float = 0.0) -> list[Pass]:
    """All passes between two UTC times over min_elevation_rad, in order; at most 20 years.

    A satellite that never sets is one pass, not complete. Errors as Satellite.teme, and ValueError for a minimum
    elevation outside -pi/2 .. pi/2 and for an end before the start.
    """
    if not abs(min_elevation_rad) <= math.pi / 2:
        raise ValueError(f"min_elevation_rad: {min_elevation_rad}, must be -pi/2 to pi/2")
    first, last = one_time(start, "start"), one_time(end, "end")
    coarse = np.unique(np.append(time_range(first, last, _STEP_S), last))
    level = math.sin(min_elevation_rad)
    _, slope = elevation(satellite, place, coarse)
    turns = np.flatnonzero((slope[:-1] > 0) != (slope[1:] > 0))
    extrema = [_where(satellite, place, coarse[i], coarse[i + 1], lambda s, ds: ds) for i in turns]
    # Between neighbors of this list the elevation is monotonic: it crosses the minimum once or not at all.
    times = np.unique(np.concatenate([coarse, np.array(extrema, dtype="datetime64[ns]")]))
    sine, _ = elevation(satellite, place, times)
    above = np.concatenate([[False], sine >= level, [False]])
    begins, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(above[:-1] & ~above[1:]) - 1
    found = []
    for begin, end_index in zip(begins, ends):
        complete = begin > 0 and end_index < times.size - 1
        rise, set_ = times[begin], times[end_index]
        if begin > 0:
            rise = _where(satellite, place, times[begin - 1], rise, lambda s, ds: s - level)
        if end_index < times.size - 1:
            set_ = _where(satellite, place, set_, times[end_index + 1], lambda s, ds: s - level)
        top = begin + int(np.argmax(sine[begin : end_index + 1]))
        found.append(Pass(satellite, place, rise, times[top], set_, math.asin(min(1.0, sine[top])), bool(complete)))
    return found


def _where(satellite: Satellite, place: Place, low: np.datetime64, high: np.datetime64,
           f: Callable[[float, float], float]) -> np.datetime64:
    # Bisection for the sign change of f(sine, derivative) between low and high.
    def positive(at: np.datetime64) -> bool:
        sine, slope = elevation(satellite, place, np.array([at]))
        return f(float(sine[0]), float(slope[0])) > 0

    at_low = positive(low)
    while high - low > _RESOLUTION:
        middle = low + (high - low) // 2
        if positive(middle) == at_low:
            low = middle
        else:
            high = middle
    return low + (high - low) // 2
