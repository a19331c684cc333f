"""What the simulated sky wants to know of a satellite."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._elements import Satellite
from ._look import Place, look, one_time


def scenario_motion(satellite: Satellite, place: Place, time: str | np.datetime64,
                    reference_carrier_hz: float = 11.325e9) -> dict[str, Any]:
    """The "motion" of a scenario's satellite (sim/scenario.h), whose time 0 is `time`, UTC: a track.

    A track is straight in azimuth, elevation and Doppler: right at time 0 and in its rates there, and wrong by the
    square of time behind. At 550 km in a pass to 55 degrees that is at most 0.0055 degrees and 13 Hz at 11.325 GHz
    after 1 s, and a hundred times that after 10 s. ValueError near the zenith, where azimuth is no
    straight line and a scenario takes no azimuth rate above 10 degrees/s (85.5 degrees of elevation at 550 km).
    """
    seen = look(satellite, place, one_time(time, "time"))
    azimuth_rate_deg = float(np.rad2deg(seen.azimuth_rate_rad_s[0]))
    if not abs(azimuth_rate_deg) <= 10:
        raise ValueError(f"time: {satellite.name} turns {azimuth_rate_deg:.1f} degrees/s in azimuth, at most 10")
    return {
        "type": "track",
        "azimuth_deg": float(np.rad2deg(seen.azimuth_rad[0])),
        "elevation_deg": float(np.rad2deg(seen.elevation_rad[0])),
        "azimuth_rate_deg_per_s": azimuth_rate_deg,
        "elevation_rate_deg_per_s": float(np.rad2deg(seen.elevation_rate_rad_s[0])),
        "doppler_hz": float(seen.doppler_hz(reference_carrier_hz)[0]),
        "doppler_rate_hz_per_s": float(seen.doppler_rate_hz_s(reference_carrier_hz)[0]),
        "reference_carrier_hz": float(reference_carrier_hz),
    }
