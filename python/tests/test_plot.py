import inspect
import io
import subprocess
import sys
import unittest
import warnings

import numpy as np
import scipy.signal
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from boresight import array, plot
from boresight.sweeps import binomial_interval

WAVELENGTH_M = 299792458.0 / 11.7e9


def noise(rng, *shape):
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


def curves(ax):
    return [line for line in ax.get_lines() if line.get_gid() == "curve"]


def luminance(color):
    return float(np.dot([0.2126, 0.7152, 0.0722], to_rgb(color)))


class Case(unittest.TestCase):
    def setUp(self):
        # Whatever matplotlib warns of is an error, while drawing too.
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self.addCleanup(catcher.__exit__, None, None, None)
        warnings.simplefilter("error")

    def drawn(self, ax, polar=False):
        """Renders the figure, and checks what all figures have."""
        self.assertEqual(ax.name, "polar" if polar else "rectilinear")
        if not polar:
            self.assertTrue(ax.get_xlabel())
            self.assertTrue(ax.get_ylabel())
        with io.BytesIO() as file:
            ax.figure.savefig(file, format="png", dpi=50)
            self.assertGreater(len(file.getvalue()), 3000)
        return ax


class SharedTest(Case):
    def test_every_figure_takes_and_returns_axes(self):
        t = np.linspace(-1, 1, 64)
        calls = {
            "array_geometry": (np.eye(3),), "pattern_cut": (t, t), "pattern_polar": (t, t),
            "sky_map": (t, t, np.outer(t, t)), "spectrum": (np.exp(1j * t), 1.0, ), "waterfall": (np.exp(1j * t), 1.0),
            "constellation": (np.exp(1j * t),), "channel_estimate": (np.exp(1j * t),), "doa_spectrum": (t, -t * t),
            "error_rate": ([0, 1], [5, 1], [10, 10]),
        }
        self.assertEqual(sorted(calls), sorted(plot.__all__))
        for name, arguments in calls.items():
            function = getattr(plot, name)
            self.assertTrue(inspect.getdoc(function))
            more = {"fft_size": 16} if name in ("spectrum", "waterfall") else {}
            polar = name == "pattern_polar"
            ax = Figure().add_subplot(projection="polar" if polar else None)
            self.assertIs(function(*arguments, ax=ax, **more), ax)
            self.drawn(ax, polar)
            self.drawn(function(*arguments, **more), polar)
            with self.assertRaisesRegex(ValueError, "ax: is"):
                function(*arguments, ax=Figure().add_subplot(projection=None if polar else "polar"), **more)

    def test_no_window_and_nothing_imported_early(self):
        code = ("import sys, boresight\n"
                "early = {m.partition('.')[0] for m in sys.modules} & {'matplotlib', 'scipy', 'sgp4', 'distributed'}\n"
                "ax = boresight.plot.constellation([1, 1j])\n"
                "print(sorted(early), 'matplotlib.figure' in sys.modules, 'matplotlib.pyplot' in sys.modules)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "[] True False\n")

    def test_what_is_missing_is_named(self):
        code = ("import sys\n"
                "for name in ('matplotlib', 'scipy', 'sgp4'): sys.modules[name] = None\n"
                "import boresight, numpy as np\n"
                "for call in (lambda: boresight.plot.constellation([1]),\n"
                "             lambda: boresight.sweeps.binomial_interval(1, 2),\n"
                "             lambda: boresight.orbit.parse('<a><segment/></a>'),\n"
                "             lambda: boresight.sweeps.binomial_interval(1, 2, method='wilson')):\n"
                "    try: print(len(call()))\n"
                "    except ImportError as error: print(error)\n"
                "    except ValueError as error: print(type(error))")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^boresight.plot needs matplotlib.*pip install boresight\[plot\]$")
        self.assertRegex(lines[1], r"scipy.*pip install boresight\[sweep\]$")
        self.assertEqual(lines[3], "2")

    def test_curves_differ_without_color(self):
        ax = plot.pattern_cut([0, 1, 2], np.arange(84).reshape(28, 3), floor_db=-100)
        looks = {(line.get_linestyle(), line.get_marker()) for line in curves(ax)}
        self.assertEqual(len(looks), 28)
        colors = [luminance(line.get_color()) for line in curves(ax)[:7]]
        self.assertLess(max(colors), 0.75)  # none of them vanishes on white
        # Curves drawn by a second call go on where the first ended.
        ax = plot.pattern_cut([0, 1], [0, 0], labels="first")
        plot.pattern_cut([0, 1], [0, 0], labels="second", ax=ax)
        first, second = curves(ax)
        self.assertNotEqual(first.get_linestyle(), second.get_linestyle())
        self.assertEqual([text.get_text() for text in ax.get_legend().get_texts()], ["first", "second"])

    def test_shapes_that_do_not_fit(self):
        t = np.zeros(4)
        for call in (
            lambda: plot.array_geometry(np.zeros((4, 2))),
            lambda: plot.array_geometry(np.zeros((4, 3)), weights=np.ones(5)),
            lambda: plot.pattern_cut(t, np.zeros(5)),
            lambda: plot.pattern_cut(np.zeros((2, 2)), t),
            lambda: plot.pattern_cut(t, np.zeros((2, 4)), labels="one"),
            lambda: plot.sky_map(t, t, np.zeros((4, 5))),
            lambda: plot.spectrum(np.zeros(100), 1.0, fft_size=101),
            lambda: plot.spectrum(np.zeros(100), 0.0, fft_size=10),
            lambda: plot.waterfall(np.zeros((2, 100)), 1.0, fft_size=10),
            lambda: plot.waterfall(np.zeros(100), 1.0, fft_size=10, rows=0),
            lambda: plot.channel_estimate(np.zeros((2, 4))),
            lambda: plot.channel_estimate(t, known=np.zeros(5)),
            lambda: plot.channel_estimate(t, quantity="power"),
            lambda: plot.doa_spectrum(t, t, true_rad=[0.1], bound_rad=[1.0, 2.0]),
            lambda: plot.error_rate([1, 2], [1], [1]),
            lambda: plot.error_rate([1], [3], [2]),
        ):
            with self.assertRaises(ValueError):
                call()


class ArrayTest(Case):
    def test_geometry(self):
        geometry = array.Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        ax = self.drawn(plot.array_geometry(geometry, wavelength_m=WAVELENGTH_M))
        np.testing.assert_allclose(ax.collections[0].get_offsets(), geometry.positions_m[:, :2] / WAVELENGTH_M)
        self.assertEqual([text.get_text() for text in ax.texts], [str(i) for i in range(16)])
        self.assertEqual(ax.get_xlabel(), "x in wavelengths")
        taper = np.linspace(0, 1, 16) * 1j
        ax = self.drawn(plot.array_geometry(geometry, weights=taper, numbered=False))
        expected = 20 * np.log10(np.maximum(np.linspace(0, 1, 16), 1e-3))
        np.testing.assert_allclose(ax.collections[0].get_array(), expected, atol=1e-12)
        self.assertEqual(ax.collections[0].get_cmap().name, "cividis")
        ball = np.random.default_rng(1).normal(size=(9, 3))
        np.testing.assert_array_equal(self.drawn(plot.array_geometry(ball)).collections[0].get_array(), ball[:, 2])

    def test_pattern(self):
        geometry = array.Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        look = array.steering_vector(geometry, array.enu_from_sky(2.0, 1.0), 11.7e9)
        pattern = array.Pattern(geometry, 11.7e9, look / 16)
        azimuths, elevations = np.linspace(0, 2 * np.pi, 181), np.linspace(0, np.pi / 2, 46)
        cut = pattern.azimuth_cut_db(azimuths, 1.0)
        ax = self.drawn(plot.pattern_cut(azimuths, [cut, cut - 3], labels=["a", "b"], floor_db=-30, marks_rad=[2.0]))
        x, y = curves(ax)[0].get_data()
        np.testing.assert_allclose(x, np.rad2deg(azimuths))
        np.testing.assert_allclose(y, np.maximum(cut, cut.max() - 30))
        self.assertAlmostEqual(x[np.argmax(y)], np.rad2deg(2.0), delta=2)

        ax = self.drawn(plot.pattern_polar(azimuths, cut, floor_db=-30), polar=True)
        np.testing.assert_array_equal(curves(ax)[0].get_xdata(), azimuths)
        self.assertEqual((ax.get_theta_direction(), ax.get_theta_offset()), (-1, np.pi / 2))  # a compass
        self.assertEqual(plot.pattern_polar(azimuths, cut, compass=False).get_theta_direction(), 1)

        sky = pattern.sky_db(azimuths, elevations)
        for polar in (False, True):
            ax = plot.sky_map(azimuths, elevations, sky, marks={"satellite": (2.0, 1.0)}, polar=polar)
            self.drawn(ax, polar)
            mesh = ax.collections[0]
            np.testing.assert_array_equal(np.ravel(mesh.get_array()), sky.ravel())
            self.assertEqual(mesh.get_clim(), (sky.max() - 40, sky.max()))
            self.assertEqual(ax.texts[0].get_text(), "satellite")
            expected = (2.0, 90 - np.rad2deg(1.0)) if polar else np.rad2deg([2.0, 1.0])
            np.testing.assert_allclose(np.ravel(ax.get_lines()[-1].get_data()), expected)


class NotFiniteTest(Case):
    """NaN, infinities and zeros: a defined figure, and never a warning (Case makes them errors)."""

    X = np.linspace(-1, 1, 50)
    NAN = np.full(50, np.nan)

    def test_cuts(self):
        mixed = -10.0 * np.arange(50)
        mixed[3:6] = np.nan, np.inf, -np.inf
        for function, polar in ((plot.pattern_cut, False), (plot.pattern_polar, True)):
            for gain, bottom in ((self.NAN, -60), (-np.inf + 0 * self.X, -60), (np.inf + 0 * self.X, -60),
                                 (mixed, -60), ([self.NAN, mixed + 7], -53), (0 * self.X, -60)):
                ax = self.drawn(function(self.X, gain, floor_db=-60), polar)
                self.assertEqual(ax.get_ylim()[0], bottom)
                self.assertTrue(bottom < ax.get_ylim()[1] < bottom + 70)
                y = curves(ax)[-1].get_ydata()
                given = np.atleast_2d(gain)[-1]
                gap = np.isnan(given) | (given == np.inf)
                np.testing.assert_array_equal(np.isnan(y), gap)
                np.testing.assert_array_equal(y[~gap], np.maximum(given[~gap], bottom))  # -infinity at the edge
            for floor_db in (0.0, 3.0, np.nan, -np.inf):
                with self.assertRaisesRegex(ValueError, "floor_db"):
                    function(self.X, 0 * self.X, floor_db=floor_db)

    def test_sky(self):
        mixed = np.add.outer(self.X, self.X)
        mixed[3, :3] = np.nan, np.inf, -np.inf
        for polar in (False, True):
            for values, top in ((np.full((50, 50), np.nan), 0.0), (np.full((50, 50), -np.inf), 0.0), (mixed, 2.0),
                                (np.zeros((50, 50)), 0.0)):
                ax = self.drawn(plot.sky_map(self.X, self.X, values, polar=polar), polar)
                mesh = ax.collections[0]
                self.assertEqual(mesh.get_clim(), (top - 40, top))
                shown = np.ma.masked_invalid(np.ma.getdata(mesh.get_array()).reshape(50, 50))
                np.testing.assert_array_equal(np.ma.getmaskarray(shown), np.isnan(values) | (values == np.inf))
                np.testing.assert_array_equal(shown[values == -np.inf].compressed(), top - 40)
        for wrong in ((self.NAN, self.X), (self.X, self.NAN)):
            with self.assertRaisesRegex(ValueError, "finite"):
                plot.sky_map(*wrong, mixed)
        with self.assertRaisesRegex(ValueError, "floor_db"):
            plot.sky_map(self.X, self.X, mixed, floor_db=0)

    def test_directions(self):
        peak = -(self.X**2)
        holes = np.where(np.arange(50) == 7, -np.inf, peak + 3)
        for spectrum in (self.NAN, -np.inf + 0 * self.X, [self.NAN, peak], holes, 0 * self.X):
            for normalized in (True, False):
                ax = self.drawn(plot.doa_spectrum(self.X, spectrum, normalized=normalized, true_rad=[0.1]))
                for line, row in zip(curves(ax), np.atleast_2d(spectrum)):
                    finite = np.isfinite(row)
                    top = row[finite].max() if normalized and finite.any() else 0.0
                    np.testing.assert_array_equal(line.get_ydata()[finite], row[finite] - top)
                    self.assertFalse(np.isfinite(line.get_ydata()[~finite]).any())

    def test_elements(self):
        positions = np.random.default_rng(2).normal(size=(4, 3))
        for weights, known in (([np.nan] * 4, 0), ([1, np.nan, np.inf, 0.1], 2), ([0, 0, 0, 0], 4), ([1j] * 4, 4),
                               ([complex(np.nan, 1), 1, 1, 1], 3)):
            ax = self.drawn(plot.array_geometry(positions, weights=weights))
            drawn = [collection for collection in ax.collections if len(collection.get_offsets())]
            self.assertEqual(sum(len(c.get_offsets()) for c in drawn), 4)
            colored = [c for c in drawn if c.get_array() is not None]
            self.assertEqual(sum(len(c.get_offsets()) for c in colored), known)
            self.assertEqual(len(drawn) - len(colored), known < 4)
        for wavelength_m in (0, -1.0, np.nan, np.inf):
            with self.assertRaisesRegex(ValueError, "wavelength_m"):
                plot.array_geometry(positions, wavelength_m=wavelength_m)
        with self.assertRaisesRegex(ValueError, "not finite"):
            plot.array_geometry(np.full((3, 3), np.nan))

    def test_signals_and_rates(self):
        signal = self.NAN + 1j * self.NAN
        for call in (
            lambda: plot.spectrum(signal, 1e6, fft_size=16),
            lambda: plot.waterfall(signal, 1e6, fft_size=16),
            lambda: plot.waterfall(np.zeros(100), 1e6, fft_size=16),
            lambda: plot.constellation(signal),
            lambda: plot.channel_estimate(np.zeros(8)),
            lambda: plot.channel_estimate(np.array([np.inf, 1, 2, 3 + 1j])),
            *(lambda q=q: plot.channel_estimate(signal, quantity=q) for q in ("magnitude", "phase", "delay")),
            lambda: plot.error_rate([np.nan, 1], [1, 2], [10, 10]),
            lambda: plot.error_rate([0, 1], [0, 0], [0, 0], theory=([0, 1], [np.nan, 0.0])),
            lambda: plot.error_rate([0, 1], [1, 2], [10, 10], theory=([0, np.nan], [np.inf, 0.2])),
        ):
            self.drawn(call())


class SpectrumTest(Case):
    def test_is_scipys_welch(self):
        x = noise(np.random.default_rng(1), 2, 10_000)
        x[1] += 3 * np.exp(2j * np.pi * 0.2 * np.arange(10_000))
        expected_f, expected = scipy.signal.welch(x, 20e6, "hann", 512, detrend=False, return_onesided=False)
        ax = self.drawn(plot.spectrum(x, 20e6, fft_size=512, carrier_hz=1e9, labels=["noise", "tone"]))
        for line, density, mean in zip(curves(ax), expected, (1.0, 10.0)):
            frequency, level = line.get_data()
            np.testing.assert_allclose(frequency, 1e3 + np.fft.fftshift(expected_f) / 1e6)
            np.testing.assert_allclose(level, 10 * np.log10(np.fft.fftshift(density)), atol=1e-3)
            power = np.sum(10 ** (level / 10)) * 20e6 / 512
            self.assertAlmostEqual(power, mean, delta=0.3)
        self.assertAlmostEqual(frequency[np.argmax(level)], 1e3 + 4.0, delta=0.05)
        self.assertEqual(ax.get_ylabel(), "power density in dBFS/Hz")

    def test_waterfall_puts_time_and_frequency_right(self):
        # A tone at +5 MHz that becomes one at -2.5 MHz after three quarters of the time.
        n = 16_384
        tone = np.where(np.arange(n) < 3 * n // 4, 0.25, -0.125)
        x = np.exp(2j * np.pi * np.cumsum(tone)).astype(np.complex64)
        ax = self.drawn(plot.waterfall(x, 20e6, fft_size=256, rows=16, start_s=1.0))
        (image,) = ax.images
        density = image.get_array()
        self.assertEqual(density.shape, (16, 256))
        np.testing.assert_array_equal(np.argmax(density[:12], axis=1), 128 + 64)
        np.testing.assert_array_equal(np.argmax(density[12:], axis=1), 128 - 32)
        left, right, bottom, top = image.get_extent()
        np.testing.assert_allclose((top, bottom), (1000, 1000 + n / 20e3))  # time runs downwards
        pixel = (right - left) / 256
        self.assertAlmostEqual(left + (192 + 0.5) * pixel, 5.0, places=9)
        self.assertEqual(image.get_cmap().name, "cividis")

    def test_bad_samples(self):
        x = noise(np.random.default_rng(1), 2, 4000)
        x[0, 7] = np.nan
        ax = self.drawn(plot.spectrum(x, 1.0, fft_size=256))
        self.assertTrue(np.isnan(curves(ax)[0].get_ydata()).all())
        self.assertTrue(np.isfinite(curves(ax)[1].get_ydata()).all())
        self.drawn(plot.waterfall(x[0], 1.0, fft_size=256))
        self.drawn(plot.waterfall(np.full(1000, np.inf), 1.0, fft_size=256))
        self.drawn(plot.spectrum(np.zeros(1000), 1.0, fft_size=256))


class SymbolsTest(Case):
    def test_constellation(self):
        points = np.array([1 + 1j, 1 - 1j, -1 + 1j, -1 - 1j]) / np.sqrt(2)
        symbols = np.append(np.repeat(points, 100), [np.nan, np.inf])
        ax = self.drawn(plot.constellation(symbols, reference=points))
        np.testing.assert_allclose(ax.collections[0].get_offsets() @ [1, 1j], symbols[:400])
        np.testing.assert_allclose(ax.collections[1].get_offsets() @ [1, 1j], points)
        self.assertEqual(ax.get_aspect(), 1)
        thinned = self.drawn(plot.constellation(symbols.reshape(2, -1), max_points=150))
        self.assertEqual(len(thinned.collections[0].get_offsets()), 134)
        self.assertEqual(thinned.get_title(), "one in 3 of 400 symbols")
        self.drawn(plot.constellation([]))

    def test_channel(self):
        # A channel of two taps: 1 at delay 0 and 0.5 at 3 samples.
        h = np.fft.fft(np.r_[1, 0, 0, 0.5, np.zeros(60)])
        ax = self.drawn(plot.channel_estimate(h, known=h, spacing_hz=15e3))
        x, y = curves(ax)[1].get_data()
        np.testing.assert_allclose(x, np.arange(-32, 32) * 0.015)
        np.testing.assert_allclose(y, 20 * np.log10(np.abs(np.fft.fftshift(h))), atol=1e-9)
        for rising in (False, True):
            ax = self.drawn(plot.channel_estimate(np.fft.fftshift(h) if rising else h, quantity="delay",
                                                  fft_order=not rising))
            delay, power = curves(ax)[0].get_data()
            np.testing.assert_allclose(power[(delay == 0) | (delay == 3)], [0, 20 * np.log10(0.5)], atol=1e-9)
            self.assertLess(np.max(power[(delay != 0) & (delay != 3)]), -250)
        ax = self.drawn(plot.channel_estimate(h, quantity="phase"))
        np.testing.assert_allclose(curves(ax)[0].get_ydata(), np.rad2deg(np.angle(np.fft.fftshift(h))))
        h[5], h[0] = np.nan, 0
        for quantity in ("magnitude", "phase", "delay"):
            ax = self.drawn(plot.channel_estimate(h, quantity=quantity))
            self.assertEqual(np.flatnonzero(~np.isfinite(curves(ax)[0].get_ydata())).tolist(),
                             [] if quantity == "delay" else [32, 37])


class DoaTest(Case):
    def test_truth_and_bounds(self):
        angles = np.linspace(-np.pi / 2, np.pi / 2, 361)
        spectra = np.stack([-50 * (angles - 0.3) ** 2, 7 - 500 * (angles - 0.3) ** 2])
        ax = self.drawn(plot.doa_spectrum(angles, spectra, labels=["Bartlett", "MUSIC"], true_rad=[0.3, -0.5],
                                          bound_rad=0.01, estimates_rad=[0.29]))
        for line in curves(ax):
            self.assertEqual(np.max(line.get_ydata()), 0)
        verticals = [line.get_xdata()[0] for line in ax.get_lines() if line.get_linestyle() == "--"
                     and len(line.get_xdata()) == 2]
        np.testing.assert_allclose(verticals, np.rad2deg([0.3, -0.5]))
        to_data = ax.transData.inverted()
        bands = [to_data.transform(patch.get_extents().get_points())[:, 0] for patch in ax.patches]
        np.testing.assert_allclose(bands, np.rad2deg([[0.29, 0.31], [-0.51, -0.49]]))
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        self.assertEqual(sorted(names), ["Bartlett", "MUSIC", "bound, one standard deviation", "estimate", "true"])
        plain = plot.doa_spectrum(angles, spectra[1], normalized=False)
        np.testing.assert_array_equal(curves(plain)[0].get_ydata(), spectra[1])


class ErrorRateTest(Case):
    def test_points_intervals_and_theory(self):
        snr, errors, trials = [0, 2, 4, 6], np.array([500, 40, 0, 0]), np.array([1000, 1000, 1000, 0])
        for method, name in (("clopper-pearson", "Clopper-Pearson"), ("wilson", "Wilson")):
            ax = self.drawn(plot.error_rate(snr, errors, trials, label="QPSK", confidence=0.9, method=method,
                                            theory=([0, 6], [0.5, 1e-4])))
            (line,) = curves(ax)
            np.testing.assert_allclose(line.get_data(), [[0, 2], [0.5, 0.04]])
            low, high = binomial_interval(errors[:3], trials[:3], 0.9, method)
            bars = np.array([bar[:, 1] for bar in ax.collections[0].get_segments()])
            np.testing.assert_allclose(bars[:, 1], high)
            np.testing.assert_allclose(bars[:2, 0], low[:2])
            self.assertLess(bars[2, 0], ax.get_ylim()[0])  # zero: to the edge and beyond
            self.assertEqual(ax.get_yscale(), "log")
            texts = [text.get_text() for text in ax.get_legend().get_texts()]
            self.assertEqual(texts, [f"QPSK (90 % {name})", "theory"])
            self.assertEqual(ax.get_ylim(), (1e-4, 1.0))
        plot.error_rate(snr, errors // 10, trials, label="other", ax=ax)
        self.assertEqual(len(curves(ax)), 2)
        self.drawn(plot.error_rate([0], [0], [0]))
        self.drawn(plot.error_rate([0], [0], [10]))


if __name__ == "__main__":
    unittest.main()
