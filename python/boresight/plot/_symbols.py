"""What the demodulator sees: symbols and the channel that they came through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ._axes import axes_for, decibels, draw_curves, labels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]


def constellation(symbols: npt.ArrayLike, *, reference: npt.ArrayLike | None = None, max_points: int = 20_000,
                  ax: Axes | None = None) -> Axes:
    """Equalized symbols in the complex plane.

    symbols: any shape, complex; values that are not finite are left out. Of more than max_points one in k is drawn,
        and the title says so.
    reference: the points that were sent, drawn as crosses.
    """
    values = np.asarray(symbols).ravel()
    values = values[np.isfinite(values)]
    step = max(1, -(-values.size // max_points))
    drawn = values[::step]
    ax = axes_for(ax, square=True)
    ax.scatter(drawn.real, drawn.imag, s=4, c="#0072B2", alpha=0.4, linewidths=0, rasterized=True)
    if step > 1:
        ax.set_title(f"one in {step} of {values.size} symbols", fontsize="medium")
    if reference is not None:
        points = np.asarray(reference).ravel()
        ax.scatter(points.real, points.imag, s=50, c="black", marker="+", linewidths=1.2, label="sent")
        ax.legend(loc="upper right")
    ax.axhline(0, color="0.7", linewidth=0.6, zorder=0)
    ax.axvline(0, color="0.7", linewidth=0.6, zorder=0)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("in phase")
    ax.set_ylabel("quadrature")
    return ax


def channel_estimate(channel: npt.ArrayLike, *, quantity: Literal["magnitude", "phase", "delay"] = "magnitude",
                     spacing_hz: float | None = None, fft_order: bool = True, known: npt.ArrayLike | None = None,
                     label: str = "estimate", ax: Axes | None = None) -> Axes:
    """A channel over the subcarriers, or the power of its impulse response over delay.

    channel: (subcarriers,) complex; with fft_order index 0 is the carrier and the upper half lies below it
        (ofdm/numerology.h), otherwise the subcarriers rise in frequency. NaN and 0 mark a subcarrier without an
        estimate: a gap in the curve, and 0 before the transform to delay.
    quantity: "magnitude" in dB, "phase" in degrees, unwrapped nowhere, or "delay": |IFFT / N|^2 in dB.
    spacing_hz: subcarrier spacing; the axis is then in MHz or microseconds, otherwise in subcarriers or samples.
    known: (subcarriers,) the true channel, drawn behind the estimate.
    """
    h = np.asarray(channel)
    if h.ndim != 1 or h.size == 0:
        raise ValueError(f"channel: shape {h.shape}, must be (subcarriers,)")
    if quantity not in ("magnitude", "phase", "delay"):
        raise ValueError(f"quantity: {quantity!r}, must be 'magnitude', 'phase' or 'delay'")
    curves, names = [h], [label]
    if known is not None:
        truth = np.asarray(known)
        if truth.shape != h.shape:
            raise ValueError(f"known: shape {truth.shape}, must be {h.shape}")
        curves, names = [truth, h], ["known", label]
    size = h.size
    index = np.arange(size) - size // 2
    rows = []
    for curve in curves:
        rising = np.fft.fftshift(curve) if fft_order else curve
        if quantity == "delay":
            rising = np.fft.fftshift(np.fft.ifft(np.fft.ifftshift(np.where(np.isfinite(rising), rising, 0))))
        else:
            rising = np.where(rising == 0, np.nan, rising)
        rows.append(np.angle(rising, deg=True) if quantity == "phase" else decibels(np.abs(rising) ** 2))
    if quantity == "delay":
        x, x_label = (index, "delay in samples") if spacing_hz is None else (
            index / (size * spacing_hz) * 1e6, "delay in µs")
    else:
        x, x_label = (index, "subcarrier") if spacing_hz is None else (
            index * spacing_hz / 1e6, "offset from the carrier in MHz")
    ax = axes_for(ax)
    draw_curves(ax, np.asarray(x, dtype=np.float64), np.array(rows), labels_for(names, len(rows)))
    ax.set_xlabel(x_label)
    ax.set_ylabel({"magnitude": "|H| in dB", "phase": "phase of H in degrees", "delay": "|h|² in dB"}[quantity])
    ax.grid(True, color="0.85")
    return ax
