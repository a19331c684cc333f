"""Where satellites are in the sky of a place, from element files on disk.

    satellites = orbit.load("elements.tle")                # TLE, or OMM as XML, KVN, JSON or CSV
    place = orbit.Place.from_deg(48.0, 11.5, height_m=520)
    for a_pass in orbit.passes(satellites[0], place, "2026-01-01", "2026-01-02", np.deg2rad(25)):
        look = a_pass.look(step_s=1.0)                     # azimuth, elevation, range and their rates over time
        look.doppler_hz(11.325e9)

Times are UTC, numpy.datetime64 or text of ISO 8601, in the years 1957 to 2199; no network is used. Needs the sgp4
package: `pip install boresight[orbit]`.

Frames. SGP4 gives positions and velocities in TEME (true equator, mean equinox; Vallado et al., AIAA 2006-6753). They
are turned about the pole by Greenwich mean sidereal time (IAU 1982) into a frame fixed to Earth, and looked at from a
place on the WGS-84 ellipsoid. Left out, with what it costs:

    UT1 - UTC      below 0.9 s by definition, 0.004 degrees seen from Earth's center: 450 m on low orbits; 0.1 s in
                   2022 to 2026: 50 m
    polar motion   below 0.6 arcseconds: 20 m on low orbits
    light time     25 m of satellite motion at 1000 km, below 0.003 degrees; Doppler: below 7e-10 of the carrier, with
                   relativity below 1e-9 (11 Hz at 11.3 GHz)
    refraction     the true direction is given; the apparent one is 0.5 degrees higher on the horizon, 0.1 at 10 degrees

All of them are below what SGP4 itself is off: 1 to 3 km at the epoch of the elements and as much again for each day
from there, on low orbits (AIAA 2006-6753). At 550 km overhead 1 km is 0.1 degrees or 0.13 s.
"""

from ._elements import Satellite, load, parse
from ._look import Look, Place, look, time_range
from ._passes import Pass, passes
from ._sky import scenario_motion

__all__ = ["Look", "Pass", "Place", "Satellite", "load", "look", "parse", "passes", "scenario_motion", "time_range"]
