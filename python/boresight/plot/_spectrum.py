"""Power over frequency, and over frequency and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np
import numpy.typing as npt

from ._axes import COLOR_MAP, axes_for, color_bar, decibels, draw_curves, labels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]

_BLOCK_SAMPLES = 1 << 18  # transformed at once: bounds the memory, whatever the length of the recording


def _periodograms(x: npt.NDArray[np.complex64], fft_size: int, starts: npt.NDArray[np.intp],
                  sample_rate_hz: float) -> npt.NDArray[np.float64]:
    # Power density per Hz of each segment, carrier in the middle; the window's own power is taken out (Welch 1967).
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft_size) / fft_size)
    scale = 1.0 / (sample_rate_hz * np.sum(window**2))
    segments = x[starts[:, None] + np.arange(fft_size)]
    power = np.abs(np.fft.fft(segments * window, axis=1)) ** 2 * scale
    return np.fft.fftshift(power, axes=1)


def _mean_density(x: npt.NDArray[np.complex64], fft_size: int, first: int, last: int, sample_rate_hz: float
                  ) -> npt.NDArray[np.float64]:
    # Welch's mean over all segments that start in first..last - fft_size, overlapping by half.
    starts = np.arange(first, last - fft_size + 1, max(1, fft_size // 2))
    total = np.zeros(fft_size)
    at_once = max(1, _BLOCK_SAMPLES // fft_size)
    for begin in range(0, starts.size, at_once):
        block = starts[begin : begin + at_once]
        total += _periodograms(x, fft_size, block, sample_rate_hz).sum(axis=0)
    return total / starts.size


def _checked(samples: npt.ArrayLike, fft_size: int, sample_rate_hz: float, dimensions: tuple[int, ...]
             ) -> npt.NDArray[np.complex64]:
    x = np.asarray(samples)
    if x.ndim not in dimensions or x.size == 0:
        raise ValueError(f"samples: shape {x.shape}, must be (n,)" + (" or (channels, n)" if 2 in dimensions else ""))
    if not sample_rate_hz > 0:
        raise ValueError(f"sample_rate_hz: {sample_rate_hz}, must be positive")
    if not 2 <= fft_size <= x.shape[-1]:
        raise ValueError(f"fft_size: {fft_size}, must be 2 to the number of samples, {x.shape[-1]}")
    return x


def _frequency_axis(carrier_hz: float, fft_size: int, sample_rate_hz: float) -> tuple[npt.NDArray[np.float64], str]:
    offset = np.fft.fftshift(np.fft.fftfreq(fft_size, 1 / sample_rate_hz))
    if carrier_hz:
        return (carrier_hz + offset) / 1e6, "frequency in MHz"
    return offset / 1e6, "offset from the carrier in MHz"


def spectrum(samples: npt.ArrayLike, sample_rate_hz: float, *, carrier_hz: float = 0.0, fft_size: int = 1024,
             labels: str | Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Power density by Welch's method: Hann window, segments of fft_size overlapping by half.

    samples: (n,) or (channels, n), full scale 1; one curve per channel. A density of x dBFS/Hz means 10^(x/10) of
        the square of full scale in each Hz: the integral over frequency is the mean of |samples|^2. A sample that is
        NaN or infinite leaves its channel's curve empty.
    """
    x = np.atleast_2d(_checked(samples, fft_size, sample_rate_hz, (1, 2)))
    frequency, label = _frequency_axis(carrier_hz, fft_size, sample_rate_hz)
    with np.errstate(invalid="ignore"):
        rows = np.array([decibels(_mean_density(row, fft_size, 0, x.shape[1], sample_rate_hz)) for row in x])
    ax = axes_for(ax)
    draw_curves(ax, frequency, rows, labels_for(labels, len(rows)), markers=12 if len(rows) > 1 else 0)
    ax.set_xlabel(label)
    ax.set_ylabel("power density in dBFS/Hz")
    ax.set_xlim(frequency[0], frequency[-1])
    ax.grid(True, color="0.85")
    return ax


def waterfall(samples: npt.ArrayLike, sample_rate_hz: float, *, carrier_hz: float = 0.0, fft_size: int = 1024,
              start_s: float = 0.0, rows: int = 400, range_db: float = 60.0, ax: Axes | None = None) -> Axes:
    """Power density over frequency and time, time downwards.

    samples: (n,), full scale 1. Each of at most `rows` rows is the Welch mean (see spectrum) over its share of time.
    start_s: time of the first sample. Colors span range_db below the largest density.
    """
    x = _checked(samples, fft_size, sample_rate_hz, (1,))
    if rows < 1:
        raise ValueError(f"rows: {rows}, must be at least 1")
    rows = min(rows, x.size // fft_size)
    limits = [x.size * row // rows for row in range(rows + 1)]
    with np.errstate(invalid="ignore"):
        density = decibels([_mean_density(x, fft_size, a, b, sample_rate_hz) for a, b in zip(limits, limits[1:])])
    frequency, label = _frequency_axis(carrier_hz, fft_size, sample_rate_hz)
    half_bin = sample_rate_hz / fft_size / 2e6
    end_s = start_s + x.size / sample_rate_hz
    ax = axes_for(ax)
    ax.grid(False)
    top = float(np.nanmax(density)) if np.isfinite(density).any() else 0.0
    image = ax.imshow(density, aspect="auto", cmap=COLOR_MAP, vmin=top - range_db, vmax=top, interpolation="nearest",
                      extent=(frequency[0] - half_bin, frequency[-1] + half_bin, 1e3 * end_s, 1e3 * start_s))
    color_bar(ax, image, "power density in dBFS/Hz")
    ax.set_xlabel(label)
    ax.set_ylabel("time in ms")
    return ax
