import dataclasses
import datetime
import json
import os
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np

from boresight import orbit, sim
from boresight.array import enu_from_sky, sky_from_enu


DATA = Path(__file__).resolve().parent / "data"


def with_checksum(line):
    return line + str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


def two_lines(name, first, second):
    return f"{name}\n{with_checksum(first)}\n{with_checksum(second)}\n"


# The example of the TLE format in the literature, and three made up: a shell at 550 km, 12 h, geostationary.
ISS = (
    "ISS (ZARYA)\n"
    "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n"
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n"
)
SHELL = two_lines(
    "SHELL 53",
    "1 99001U 26001A   26001.50000000  .00000000  00000-0  10000-4 0  999",
    "2 99001  53.0500 120.0000 0001400  90.0000 270.0000 15.05600000    1",
)
HIGH = two_lines(
    "HIGH",
    "1 99002U 26002A   26001.00000000  .00000000  00000-0  00000-0 0  999",
    "2 99002  63.4000  10.0000 7000000 270.0000  10.0000  2.00600000    1",
)
STATIONARY = two_lines(
    "STATIONARY",
    "1 99003U 26003A   26001.00000000  .00000000  00000-0  00000-0 0  999",
    "2 99003   0.0500  10.0000 0002000  20.0000  90.0000  1.00270000    1",
)
SHELL_FIELDS = {
    "OBJECT_NAME": "SHELL 53", "OBJECT_ID": "2026-001A", "CENTER_NAME": "EARTH", "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4", "EPOCH": "2026-01-01T12:00:00.000000",
    "MEAN_MOTION": 15.056, "ECCENTRICITY": 0.00014, "INCLINATION": 53.05, "RA_OF_ASC_NODE": 120.0,
    "ARG_OF_PERICENTER": 90.0, "MEAN_ANOMALY": 270.0, "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": 99001, "ELEMENT_SET_NO": 999, "REV_AT_EPOCH": 1, "BSTAR": 0.00001, "MEAN_MOTION_DOT": 0,
    "MEAN_MOTION_DDOT": 0,
}
PLACE = orbit.Place.from_deg(48.0, 11.5, 520.0)

# Skyfield 1.55 (pip), EarthSatellite of the lines above, wgs84.latlon(48.0, 11.5, 520.0),
# (satellite - place).at(ts.utc(...)).altaz() and frame_latlon_and_rates(), timescale builtin=True, whose
# UT1 - UTC is the third entry. Rows: seconds behind the time, azimuth and elevation in rad, range in m and its rate.
SKYFIELD = [
    (ISS, "2008-09-20T13:00", -0.48138, [
        (0, 4.3637509989242655, -1.0676650697060686, 11566639.650160441, -688.149771603772),
        (1200, 3.160105962641196, -0.7162716894039669, 8878701.648543516, -3490.3422920730745),
        (3000, 1.0078550278521534, -0.419879117133463, 5989045.266365433, 2994.857861839286),
        (5400, 4.766880971048607, -1.2150230147160195, 12328451.07485065, -393.67692630717664)]),
    (SHELL, "2026-01-01T12:30", 0.074122, [
        (0, 5.0681947107056295, -0.18940733278333766, 4174419.5939975916, -4193.9287921017885),
        (1200, 3.1470806586798066, -0.3972317987545997, 6111413.536745707, 5115.723057906811),
        (3000, 1.8310031740422665, -1.2087425054518643, 12506502.18340247, 1047.2350005757976),
        (5400, 5.595884187935095, -0.4793819292905952, 6957999.029640638, -4010.7989140164827)]),
    (HIGH, "2026-01-01T09:00", 0.074109, [
        (0, 5.447923685814834, 0.3933970057832412, 31617072.088022377, -1690.2166981566309),
        (1200, 5.397429749095607, 0.3384731735579583, 29469456.58067396, -1890.5023379089807),
        (3000, 5.3010331972548075, 0.2264097394005553, 25787550.222916353, -2201.333384196859),
        (5400, 5.094836225309695, -0.020503774376432603, 20045118.338753935, -2552.260755671713)]),
    (STATIONARY, "2026-01-02T03:00", 0.074197, [
        (0, 2.9577627557247537, 0.6005819484087912, 38228379.50245734, 0.8775207173467452),
        (5400, 2.9580200177692157, 0.6000468886960325, 38232733.177483186, 0.7215540856319654)]),
]
# The same, EarthSatellite.find_events(altitude_degrees=10): rise, culmination, set.
SKYFIELD_PASSES = [
    ("2026-01-02T02:31:49.483977", "2026-01-02T02:35:18.567856", "2026-01-02T02:38:48.770779"),
    ("2026-01-02T04:10:27.062904", "2026-01-02T04:14:35.493944", "2026-01-02T04:18:45.028418"),
    ("2026-01-02T05:50:37.171322", "2026-01-02T05:54:33.552499", "2026-01-02T05:58:29.931381"),
    ("2026-01-02T07:30:33.802928", "2026-01-02T07:34:38.680618", "2026-01-02T07:38:43.146804"),
    ("2026-01-02T09:10:14.293443", "2026-01-02T09:14:13.173660", "2026-01-02T09:18:11.107473"),
]


def one(text):
    (satellite,) = orbit.parse(text)
    return satellite


def seconds(times):
    return np.asarray(times, dtype="timedelta64[ns]").astype(np.int64) * 1e-9


class LookTest(unittest.TestCase):
    def difference_m(self, text, start, rows, place):
        # Across and along the line of sight in m, and m/s.
        expected = np.array(rows)
        at = np.datetime64(start, "ns") + expected[:, 0].astype("timedelta64[s]")
        look = orbit.look(one(text), place, at)
        direction = np.array([enu_from_sky(azimuth, elevation) for azimuth, elevation in expected[:, 1:3]])
        across = look.range_m * np.linalg.norm(look.direction_enu - direction, axis=1)
        return across.max(), np.abs(look.range_m - expected[:, 3]).max(), np.abs(
            look.range_rate_m_s - expected[:, 4]).max()

    def test_is_skyfield_but_for_ut1(self):
        # What turns Earth by UT1 - UTC turns the place by as much, so that the stated simplification can be taken out
        # here. Skyfield takes Earth's rate from the derivative of its angle; it has no polar motion by default.
        for text, start, ut1_minus_utc_s, rows in SKYFIELD:
            place = orbit.Place(PLACE.latitude_rad, PLACE.longitude_rad + 7.292115e-5 * ut1_minus_utc_s, 520.0)
            across, along, rate = self.difference_m(text, start, rows, place)
            self.assertLess(across, 0.1)
            self.assertLess(along, 0.1)
            self.assertLess(rate, 1e-4)

    def test_ut1_costs_what_the_header_says(self):
        for text, start, ut1_minus_utc_s, rows in SKYFIELD:
            across, along, rate = self.difference_m(text, start, rows, PLACE)
            radius_m = 6.95e6 if text in (ISS, SHELL) else 4.3e7
            limit_m = 7.292115e-5 * abs(ut1_minus_utc_s) * radius_m + 0.1
            self.assertLess(across, limit_m)
            self.assertLess(along, limit_m)
            self.assertGreater(across, 0.2 * limit_m)

    def test_rates_are_derivatives(self):
        # Differences over +-0.5 s: their own error is (0.5 s)^2 / 6 of the third derivative.
        satellite = one(SHELL)
        at = orbit.time_range("2026-01-02T05:50:00", "2026-01-02T05:59:00", 7.0)
        half = np.timedelta64(500, "ms")
        before, look, after = (orbit.look(satellite, PLACE, at + shift) for shift in (-half, 0 * half, half))
        np.testing.assert_allclose(after.range_m - before.range_m, look.range_rate_m_s, atol=0.05)
        np.testing.assert_allclose(after.range_rate_m_s - before.range_rate_m_s, look.range_acceleration_m_s2,
                                   atol=2e-3)
        np.testing.assert_allclose(after.azimuth_rad - before.azimuth_rad, look.azimuth_rate_rad_s, atol=2e-6)
        np.testing.assert_allclose(after.elevation_rad - before.elevation_rad, look.elevation_rate_rad_s, atol=2e-6)

    def test_doppler(self):
        satellite = one(SHELL)
        a_pass = orbit.passes(satellite, PLACE, "2026-01-02T05:00", "2026-01-02T06:30", np.deg2rad(10))[0]
        look = a_pass.look(1.0)
        doppler = look.doppler_hz(11.325e9)
        self.assertGreater(doppler[0], 150e3)  # it approaches
        self.assertLess(doppler[-1], -150e3)
        self.assertTrue(np.all(np.diff(doppler) < 0))
        np.testing.assert_allclose(np.diff(doppler), (look.doppler_rate_hz_s(11.325e9)[1:]
                                                      + look.doppler_rate_hz_s(11.325e9)[:-1]) / 2, atol=2.0)
        np.testing.assert_allclose(look.doppler_hz(1e9), -look.range_rate_m_s * 1e9 / 299792458.0)

    def test_directions_are_the_arrays(self):
        look = orbit.look(one(SHELL), PLACE, "2026-01-02T05:52:00")
        np.testing.assert_allclose(look.direction_enu[0], enu_from_sky(look.azimuth_rad[0], look.elevation_rad[0]),
                                   atol=1e-15)
        np.testing.assert_allclose(sky_from_enu(look.direction_enu[0]),
                                   (look.azimuth_rad[0], look.elevation_rad[0]), atol=1e-12)

    def test_places(self):
        # Equator and pole from the definition of the ellipsoid; between them the normal is the gradient.
        np.testing.assert_allclose(orbit.Place.from_deg(0, 90, 100).ecef_m(), [0, 6378237, 0], atol=1e-8)
        np.testing.assert_allclose(orbit.Place.from_deg(90, 0, 0).ecef_m(), [0, 0, 6356752.314245], atol=1e-5)
        place = orbit.Place.from_deg(-33, 151, 0)
        x = place.ecef_m()
        gradient = x / np.array([6378137.0, 6378137.0, 6356752.314245]) ** 2
        np.testing.assert_allclose(place.enu_from_ecef()[2], gradient / np.linalg.norm(gradient), atol=1e-12)
        np.testing.assert_allclose(place.enu_from_ecef() @ place.enu_from_ecef().T, np.eye(3), atol=1e-15)
        for wrong in ((91, 0, 0), (0, 361, 0), (0, 0, 2e5), (float("nan"), 0, 0)):
            with self.assertRaises(ValueError):
                orbit.Place.from_deg(*wrong)

    def test_no_answer_is_an_error(self):
        low = two_lines("LOW", "1 99004U 26001A   26001.50000000  .00000000  00000-0  90000-1 0  999",
                        "2 99004  53.0500 120.0000 0001400  90.0000 270.0000 16.30000000    1")
        with self.assertRaisesRegex(ValueError, "LOW at 2026-01"):
            orbit.look(one(low), PLACE, orbit.time_range("2026-01-01T12:00", "2026-01-31T12:00", 3600))
        with self.assertRaises(ValueError):
            orbit.look(one(SHELL), PLACE, np.datetime64("NaT"))
        with self.assertRaises(ValueError):
            orbit.time_range("2026-01-02", "2026-01-01", 1.0)
        with self.assertRaises(ValueError):
            orbit.time_range("2026-01-01", "2027-01-01", 1e-3)


    def test_times_that_cannot_be(self):
        satellite = one(SHELL)
        calls = {
            "times": (satellite.teme, lambda t: orbit.look(satellite, PLACE, t)),
            "start": (lambda t: orbit.time_range(t, "2026-01-02", 60.0),
                      lambda t: orbit.passes(satellite, PLACE, t, "2026-01-02")),
            "end": (lambda t: orbit.time_range("2026-01-02", t, 3600.0),
                    lambda t: orbit.passes(satellite, PLACE, "2026-01-02", t)),
            "time": (lambda t: orbit.scenario_motion(satellite, PLACE, t),),
        }
        for wrong in ("9999-01-01", "2500-01-01", "2200-01-01", "1956-12-31T23:59:59.9", "500000-01-01", "-0001-01-01",
                      np.datetime64("9999-01-01"), np.datetime64(10**15, "Y"), np.datetime64("9999-01-01", "ns"),
                      np.datetime64("NaT"), "NaT", "noon", "2026-02-30", "", 5, 5.0, None, b"2026-01-01", True,
                      datetime.datetime(9999, 1, 1), [["2026-01-01"]]):
            for name, functions in calls.items():
                for index, call in enumerate(functions):
                    with self.subTest(f"{name} {index} {wrong}"), self.assertRaisesRegex(ValueError, f"^{name}: "):
                        call(wrong)
        for step_s in (0.0, -1.0, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "^step_s"):
                orbit.time_range("2026-01-01", "2026-01-02", step_s)

    def test_times_in_all_forms(self):
        satellite = one(SHELL)
        (expected,) = orbit.look(satellite, PLACE, np.datetime64("2026-01-02T05:52:00", "ns")).range_m
        zone = datetime.timezone(datetime.timedelta(hours=2))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for time in ("2026-01-02T05:52", "2026-01-02T05:52:00Z", "2026-01-02T05:52:00.000000000000000001",
                         np.datetime64("2026-01-02T05:52"), datetime.datetime(2026, 1, 2, 5, 52),
                         datetime.datetime(2026, 1, 2, 7, 52, tzinfo=zone), ["2026-01-02T05:52"],
                         (np.datetime64("2026-01-02T05:52"),)):
                with self.subTest(str(time)):
                    np.testing.assert_array_equal(orbit.look(satellite, PLACE, time).range_m, [expected])
            orbit.look(satellite, PLACE, np.datetime64(10**9, "fs"))  # 1970
            orbit.look(satellite, PLACE, ["1957-01-01", "2199-12-31T23:59:59.99"])  # the ends of what is allowed

    def test_no_times_make_empty_arrays(self):
        satellite = one(SHELL)
        for nothing in ([], (), np.array([], dtype="datetime64[ns]"), np.zeros(0)):
            look = orbit.look(satellite, PLACE, nothing)
            for field in dataclasses.fields(look):
                self.assertEqual(getattr(look, field.name).shape, (0,))
            self.assertEqual(look.times.dtype, "datetime64[ns]")
            self.assertEqual((look.direction_enu.shape, look.doppler_hz(1e9).shape), ((0, 3), (0,)))
            self.assertEqual([array.shape for array in satellite.teme(nothing)], [(0, 3), (0, 3)])


class PassesTest(unittest.TestCase):
    def test_are_skyfields(self):
        # UT1 - UTC is 50 m here, which moves the times by a few hundredths of a second; Skyfield finds culminations,
        # which are flat, to about 0.1 s.
        found = orbit.passes(one(SHELL), PLACE, "2026-01-01T12:30", "2026-01-02T12:30", np.deg2rad(10))
        self.assertEqual(len(found), len(SKYFIELD_PASSES))
        for a_pass, expected in zip(found, np.array(SKYFIELD_PASSES, dtype="datetime64[ns]")):
            times = np.array([a_pass.rise_time, a_pass.culmination_time, a_pass.set_time])
            np.testing.assert_array_less(np.abs(seconds(times - expected)), [0.1, 0.2, 0.1])
            self.assertTrue(a_pass.complete)

    def test_ends_are_at_the_minimum_and_nothing_is_missed(self):
        satellite = one(SHELL)
        at = orbit.time_range("2026-01-01T12:00", "2026-01-02T12:00", 10.0)
        elevation = orbit.look(satellite, PLACE, at).elevation_rad
        for minimum_deg in (0.0, 25.0, 54.0, 76.0):
            minimum = np.deg2rad(minimum_deg)
            found = orbit.passes(satellite, PLACE, at[0], at[-1], minimum)
            inside = np.zeros(at.size, dtype=bool)
            for a_pass in found:
                look = orbit.look(satellite, PLACE, [a_pass.rise_time, a_pass.culmination_time, a_pass.set_time])
                # 1 ms at 1 degree per second at most.
                np.testing.assert_allclose(look.elevation_rad[[0, 2]], minimum, atol=2e-5)
                self.assertAlmostEqual(look.elevation_rad[1], a_pass.max_elevation_rad, places=6)
                self.assertLess(abs(look.elevation_rate_rad_s[1]), 1e-6)
                self.assertGreater(a_pass.duration_s, 0)
                inside |= (at >= a_pass.rise_time) & (at <= a_pass.set_time)
            np.testing.assert_array_equal(elevation >= minimum, inside)
        # A culmination between two samples of the search, above the minimum for 8 s only.
        (short,) = orbit.passes(satellite, PLACE, at[0], at[-1], np.deg2rad(76.5))
        self.assertLess(short.duration_s, 12)

    def test_cut_and_endless_passes(self):
        whole = orbit.passes(one(STATIONARY), PLACE, "2026-01-01", "2026-01-02", 0.1)
        self.assertEqual([(p.rise_time, p.set_time, p.complete) for p in whole],
                         [(np.datetime64("2026-01-01"), np.datetime64("2026-01-02"), False)])
        self.assertEqual(orbit.passes(one(STATIONARY), PLACE, "2026-01-01", "2026-01-02", 1.0), [])
        first, *_, last = orbit.passes(one(HIGH), PLACE, "2026-01-01T09:00", "2026-01-02T09:00", 0.2)
        self.assertFalse(first.complete)
        self.assertFalse(last.complete)
        self.assertEqual(first.rise_time, np.datetime64("2026-01-01T09:00"))
        with self.assertRaises(ValueError):
            orbit.passes(one(SHELL), PLACE, "2026-01-01", "2026-01-02", 2.0)
        with self.assertRaises(ValueError):
            orbit.passes(one(SHELL), PLACE, "2026-01-02", "2026-01-01")


class SkyTest(unittest.TestCase):
    def test_the_simulated_sky_agrees(self):
        satellite = one(SHELL)
        a_pass = orbit.passes(satellite, PLACE, "2026-01-02T07:00", "2026-01-02T08:00", np.deg2rad(25))[0]
        self.assertAlmostEqual(np.rad2deg(a_pass.max_elevation_rad), 54.57, places=2)
        for time in a_pass.look(15.0).times:
            motion = orbit.scenario_motion(satellite, PLACE, time, 11.325e9)
            scenario = sim.parse_scenario(json.dumps({
                "waveform": "ku20", "array": {"type": "line", "elements": 1, "spacing_wavelengths": 0.5},
                "payload": {"file_bytes": 1000, "mcs": "qpsk_1_2"},
                "satellites": [{"snr_db": 10, "motion": motion}]}))
            for after_s in (0.0, 1.0, 10.0):
                look = orbit.look(satellite, PLACE, time + np.timedelta64(int(after_s * 1e9), "ns"))
                state = sim.state_at(scenario.satellites[0].motion, after_s)
                off_deg = np.rad2deg(np.linalg.norm(state.direction - look.direction_enu[0]))
                off_hz = 11.325e9 * abs(state.delay_rate - look.range_rate_m_s[0] / 299792458.0)
                self.assertLess(off_deg, 1e-9 + 0.0055 * after_s**2)
                self.assertLess(off_hz, 1e-5 + 13 * after_s**2)

    def test_zenith_is_refused(self):
        satellite = one(SHELL)
        at = orbit.passes(satellite, PLACE, "2026-01-02T04:00", "2026-01-02T05:00")[0].culmination_time
        # A place under the satellite: its direction seen from PLACE, followed to the ground.
        look = orbit.look(satellite, PLACE, at)
        away = 6.37e6 / 6.92e6 * np.cos(look.elevation_rad[0])
        central = np.arccos(away) - look.elevation_rad[0]
        below = orbit.Place(PLACE.latitude_rad + central * np.cos(look.azimuth_rad[0]),
                            PLACE.longitude_rad + central * np.sin(look.azimuth_rad[0]) / np.cos(PLACE.latitude_rad))
        self.assertGreater(orbit.look(satellite, below, at).elevation_rad[0], np.deg2rad(87))
        with self.assertRaisesRegex(ValueError, "degrees/s"):
            orbit.scenario_motion(satellite, below, at)


def kvn(fields):
    return "CCSDS_OMM_VERS = 2.0\nCOMMENT made up\n" + "".join(
        f"{key:<20}= {value}{' [deg]' if key == 'INCLINATION' else ''}\n" for key, value in fields.items())


def xml(fields):
    leaves = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<ndm><omm id="CCSDS_OMM_VERS" version="2.0"><body><segment>'
            f"<metadata/><data><meanElements>{leaves}</meanElements></data></segment></body></omm></ndm>")


class ElementsTest(unittest.TestCase):
    def test_all_forms_are_the_same_satellite(self):
        at = orbit.time_range("2026-01-01", "2026-01-02", 3000)
        expected, expected_rate = one(SHELL).teme(at)
        texts = [kvn(SHELL_FIELDS), xml(SHELL_FIELDS), json.dumps([SHELL_FIELDS]), json.dumps(SHELL_FIELDS),
                 SHELL.replace("SHELL 53", "0 SHELL 53"), SHELL.replace("\n", "\r\n"),
                 kvn({**SHELL_FIELDS, "EPOCH": "2026-001T12:00:00.000Z"})]
        for text in texts:
            satellite = one(text)
            self.assertEqual((satellite.name, satellite.catalog_number), ("SHELL 53", 99001))
            self.assertEqual(satellite.epoch, np.datetime64("2026-01-01T12:00"))
            position, rate = satellite.teme(at)
            np.testing.assert_allclose(position, expected, atol=1e-3)
            np.testing.assert_allclose(rate, expected_rate, atol=1e-6)
        self.assertAlmostEqual(one(SHELL).period_s, 86400 / 15.056, delta=0.01)
        self.assertEqual(one(SHELL.partition("\n")[2]).name, "99001")

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "elements")
            with open(path, "w", encoding="utf-8-sig") as file:
                file.write(ISS + "\n" + SHELL + HIGH)
            self.assertEqual([s.name for s in orbit.load(path)], ["ISS (ZARYA)", "SHELL 53", "HIGH"])
            with open(path, "wb") as file:
                file.write(b"\xff\xfe\x00garbage")
            with self.assertRaisesRegex(ValueError, path):
                orbit.load(path)
            with self.assertRaises(OSError):
                orbit.load(os.path.join(folder, "none"))

    def test_csv(self):
        at = orbit.time_range("2026-01-01", "2026-01-02", 3000)
        found = orbit.load(DATA / "gp.csv")
        self.assertEqual([s.name for s in found], ["SHELL 53", "HIGH, SPARE", "STATIONARY"])
        for satellite, text in zip(found, (SHELL, HIGH, STATIONARY)):
            self.assertEqual((satellite.catalog_number, satellite.epoch), (one(text).catalog_number, one(text).epoch))
            for got, expected in zip(satellite.teme(at), one(text).teme(at)):
                np.testing.assert_allclose(got, expected, atol=1e-3)
        text = (DATA / "gp.csv").read_text()
        header, shell, *_ = text.splitlines()
        for form in (text.replace("\n", "\r\n"), "\n" + text + "\n\n",
                     "\n".join(",".join(cell if cell[:1] == '"' else f'"{cell}"' for cell in line.split(","))
                               for line in (header, shell))):  # quoted throughout, as Space-Track does
            self.assertEqual(orbit.parse(form)[0].teme(at)[0].tolist(), found[0].teme(at)[0].tolist())
        for wrong, message in (
            (header, "no elements"),
            (f"{header}\n{shell},1", "CSV: line 2 has 18 cells, the first line 17"),
            (f"{header}\n{shell}\n{shell[:-4]}", "CSV: line 3 has"),
            (f"{header},EPOCH\n{shell},x", "EPOCH: comes twice"),
            (f"{header}\n{shell}".replace("15.056", ""), "SHELL 53: MEAN_MOTION: is missing"),
            (f'{header}\n"{shell}', "CSV: line 2: "),
            (f"{header}\n" + "x" * 200_000, "CSV: line 2: "),
            (f"{header}\n{shell}".replace("99001", "99001.5"), "NORAD_CAT_ID: 99001.5, must be a whole number"),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                orbit.parse(wrong)

    def test_days_that_the_year_does_not_have(self):
        def tle(year, day):
            return two_lines("DAYS", f"1 99001U 26001A   {year:02d}{day:012.8f}  .00000000  00000-0  10000-4 0  999",
                             "2 99001  53.0500 120.0000 0001400  90.0000 270.0000 15.05600000    1")

        def omm(epoch):
            return json.dumps({**SHELL_FIELDS, "EPOCH": epoch})

        for text, epoch in (
            (tle(26, 1.0), "2026-01-01"), (tle(26, 365.5), "2026-12-31T12:00"), (tle(28, 366.5), "2028-12-31T12:00"),
            (tle(0, 366.5), "2000-12-31T12:00"), (tle(57, 1.5), "1957-01-01T12:00"),
            (omm("2026-365T12:00:00"), "2026-12-31T12:00"), (omm("2028-366T12:00:00"), "2028-12-31T12:00"),
            (omm("2024-02-29T00:00:00"), "2024-02-29"),
        ):
            self.assertEqual(one(text).epoch, np.datetime64(epoch))
        for text, message in [
            *((tle(26, day), f"day '{day:012.8f}' of 2026, must be 1 to 365")
              for day in (0.0, 0.5, 366.0, 400.0, 999.0)),
            (tle(28, 367.0), "of 2028, must be 1 to 366"),
            *((omm(epoch), f"EPOCH: '{epoch}'") for epoch in (
                "2026-366T00:00:00", "2026-000T00:00:00", "2026-999T00:00:00", "2028-367T00:00:00",
                "2026-02-29T00:00:00", "2026-12-31T23:59:60", "9999-001T00:00:00", "2200-01-01T00:00:00")),
        ]:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                orbit.parse(text)

    def test_two_messages_run_together(self):
        twice = kvn(SHELL_FIELDS) + kvn({**SHELL_FIELDS, "NORAD_CAT_ID": 99009}).partition("\n")[2]
        leaf = "<EPOCH>2026-01-01T12:00:00</EPOCH>"
        for text in (twice, xml(SHELL_FIELDS).replace("</meanElements>", f"{leaf}</meanElements>"),
                     '{"BSTAR": 1e-5, ' + json.dumps(SHELL_FIELDS)[1:]):
            with self.assertRaisesRegex(ValueError, "comes twice"):
                orbit.parse(text)

    def test_two_messages_in_one_file(self):
        self.assertEqual(len(orbit.parse(kvn(SHELL_FIELDS) + kvn(SHELL_FIELDS))), 2)
        self.assertEqual(len(orbit.parse(json.dumps([SHELL_FIELDS, SHELL_FIELDS]))), 2)

    def test_what_is_wrong_is_named(self):
        def changed(**fields):
            return json.dumps({**SHELL_FIELDS, **fields})

        for text, message in (
            ("", "no elements"),
            ("[]", "no elements"),
            ("<ndm/>", "no elements"),
            (ISS.replace("2927", "2928"), "checksum"),
            (ISS.replace("2 25544", "2 25545"), "checksum|differ"),
            (ISS[:-20], "characters"),
            (ISS.partition("\n2 ")[0], "ends within"),
            ("1 2 3\n4 5 6\n", "follow"),
            ("hello\nworld\n", "ends within"),
            (changed(MEAN_ELEMENT_THEORY="DSST"), "MEAN_ELEMENT_THEORY: DSST"),
            (changed(EPHEMERIS_TYPE=4), "EPHEMERIS_TYPE"),
            (changed(REF_FRAME="GCRF"), "REF_FRAME"),
            (changed(TIME_SYSTEM="TAI"), "TIME_SYSTEM"),
            (changed(CENTER_NAME="MARS"), "CENTER_NAME"),
            (changed(ECCENTRICITY=1.5), "ECCENTRICITY"),
            (changed(ECCENTRICITY=-0.1), "ECCENTRICITY"),
            (changed(MEAN_MOTION=float("nan")), "MEAN_MOTION: nan"),
            (changed(MEAN_MOTION=0), "MEAN_MOTION"),
            (changed(MEAN_MOTION="fast"), "MEAN_MOTION: 'fast'"),
            (changed(BSTAR=None), "BSTAR: is missing"),
            (changed(INCLINATION=1e308), "inclination"),
            (changed(EPOCH="yesterday"), "EPOCH"),
            (changed(EPOCH="2026-02-31T00:00:00"), "EPOCH"),
            (changed(EPOCH="1901-01-01T00:00:00"), "EPOCH"),
            (changed(NORAD_CAT_ID=1e9), "NORAD_CAT_ID"),
            (changed(NORAD_CAT_ID=25544.7), "NORAD_CAT_ID: 25544.7, must be a whole number"),
            (changed(MEAN_MOTION="1_5"), "MEAN_MOTION: '1_5'"),
            (changed(MEAN_MOTION="\uff11\uff15"), "MEAN_MOTION"),  # full-width digits
            (changed(MEAN_ANOMALY=1e300), "mean anomaly"),
            (changed(RA_OF_ASC_NODE=361), "right ascension"),
            (changed(ARG_OF_PERICENTER=-400), "argument of pericenter"),
            ("[1]", "must be an object"),
            ("{", "."),
            ("[" * 100_000, "."),
            ('<!DOCTYPE a [<!ENTITY b "c">]><ndm/>', "DOCTYPE"),
            ("<ndm>", "XML"),
        ):
            with self.subTest(text[:60]), self.assertRaisesRegex(ValueError, message):
                orbit.parse(text)

    def test_damaged_files_never_crash(self):
        rng = np.random.default_rng(1)
        texts = [ISS, kvn(SHELL_FIELDS), xml(SHELL_FIELDS), json.dumps(SHELL_FIELDS), (DATA / "gp.csv").read_text()]
        read = 0
        for index in range(800):
            data = bytearray(texts[index % 5].encode())
            for place in rng.integers(0, len(data), rng.integers(1, 4)):
                data[place] = rng.integers(0, 256) if index % 2 else rng.choice(np.frombuffer(b"0123456789.-<>=", "u1"))
            try:
                satellites = orbit.parse(data.decode(errors="replace"))
            except ValueError:
                continue
            for satellite in satellites:
                try:
                    position, _ = satellite.teme([satellite.epoch])
                except ValueError:
                    continue
                self.assertTrue(np.isfinite(position).all())
                read += 1
        self.assertGreater(read, 50)


if __name__ == "__main__":
    unittest.main()
