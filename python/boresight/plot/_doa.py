"""Where the sources are, and where they truly were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np
import numpy.typing as npt

from ._axes import axes_for, draw_curves, finite_peak, labels_for, rows_of, vector_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]


def doa_spectrum(angles_rad: npt.ArrayLike, spectrum_db: npt.ArrayLike, *, labels: str | Sequence[str] | None = None,
                 true_rad: npt.ArrayLike = (), bound_rad: npt.ArrayLike | None = None,
                 estimates_rad: npt.ArrayLike = (), normalized: bool = True, ax: Axes | None = None) -> Axes:
    """A spectrum of directions with the truth, the bound and the estimates.

    angles_rad: (n,); spectrum_db: (n,) or (curves, n), such as Bartlett, Capon and MUSIC.
    true_rad: (sources,) true directions, dashed verticals. bound_rad: one or (sources,): the least standard deviation
        of an unbiased estimate (square root of the Cramer-Rao bound); a gray band of one to each side, which at high
        SNR is thinner than the line.
    estimates_rad: (any,) what an estimator answered, triangles on the lower edge.
    normalized: every curve's peak at 0 dB, since pseudo-spectra have no common scale. Values that are not finite are
        gaps, and no peaks.
    """
    angles = vector_of(angles_rad, "angles_rad")
    rows = rows_of(spectrum_db, angles.size, "spectrum_db")
    truth = np.atleast_1d(np.asarray(true_rad, dtype=np.float64))
    if normalized:
        rows = rows - np.array([[finite_peak(row)] for row in rows])
    ax = axes_for(ax)
    draw_curves(ax, np.rad2deg(angles), rows, labels_for(labels, len(rows)))
    for index, angle in enumerate(truth):
        ax.axvline(np.rad2deg(angle), color="black", linestyle="--", linewidth=0.8,
                   label="true" if index == 0 else None)
    if bound_rad is not None:
        bounds = np.broadcast_to(np.asarray(bound_rad, dtype=np.float64), truth.shape)
        for index, (angle, bound) in enumerate(zip(truth, bounds)):
            ax.axvspan(np.rad2deg(angle - bound), np.rad2deg(angle + bound), color="0.8", zorder=0,
                       label="bound, one standard deviation" if index == 0 else None)
    estimates = np.atleast_1d(np.asarray(estimates_rad, dtype=np.float64))
    if estimates.size:
        ax.plot(np.rad2deg(estimates), np.zeros(estimates.size), transform=ax.get_xaxis_transform(), marker="^",
                linestyle="", color="#D55E00", markersize=9, clip_on=False, label="estimate")
    ax.set_xlabel("angle in degrees")
    ax.set_ylabel("spectrum in dB of its peak" if normalized else "spectrum in dB")
    ax.grid(True, color="0.9")
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return ax
