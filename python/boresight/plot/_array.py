"""Elements, and what their weights do over the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ._axes import (
    COLOR_MAP,
    axes_for,
    color_bar,
    decibels,
    draw_curves,
    finite_peak,
    floor_below,
    labels_for,
    rows_of,
    vector_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]


def _positions(geometry: Any) -> npt.NDArray[np.float64]:
    positions = np.asarray(getattr(geometry, "positions_m", geometry), dtype=np.float64)
    if positions.ndim != 2 or positions.shape[1] != 3 or positions.shape[0] == 0:
        raise ValueError(f"geometry: shape {positions.shape}, must be a Geometry or (elements, 3) in m")
    if not np.isfinite(positions).all():
        raise ValueError("geometry: has a position that is not finite")
    return positions


def array_geometry(geometry: Any, *, weights: npt.ArrayLike | None = None, wavelength_m: float | None = None,
                   numbered: bool | None = None, ax: Axes | None = None) -> Axes:
    """The elements seen from the sky, boresight towards the reader.

    geometry: an array.Geometry, or positions (elements, 3) in m, array frame.
    weights: (elements,) real or complex; the elements are colored by |w| in dB relative to the largest, which shows
        a taper; 60 dB below it, and all of them if all are 0, in the last color; gray where w is not finite. Without
        weights, elements that are not in one plane are colored by their height z.
    wavelength_m: axes in wavelengths instead of m.
    numbered: write the index beside each element; by default up to 64 elements.
    """
    positions = _positions(geometry)
    if wavelength_m is not None and not 0 < wavelength_m < np.inf:
        raise ValueError(f"wavelength_m: {wavelength_m}, must be positive and finite")
    unit, scale = ("m", 1.0) if wavelength_m is None else ("wavelengths", 1.0 / wavelength_m)
    x, y, z = positions.T * scale
    color: npt.NDArray[np.float64] | None = None
    label = ""
    if weights is not None:
        w = np.abs(np.asarray(weights))
        if w.shape != (len(x),):
            raise ValueError(f"weights: shape {w.shape}, must be ({len(x)},)")
        w = np.where(np.isfinite(w), w, np.nan)
        peak = finite_peak(w)
        color, label = np.maximum(decibels((w / peak if peak > 0 else w) ** 2), -60.0), "weight in dB of the largest"
    elif np.ptp(z) > 1e-9 * max(1e-30, np.abs(positions * scale).max()):
        color, label = z, f"z in {unit}"
    ax = axes_for(ax, square=True)
    style = {"s": 60, "edgecolors": "black", "linewidths": 0.8}
    if color is None:
        ax.scatter(x, y, c="#0072B2", **style)
    else:
        known = np.isfinite(color)
        if known.any():
            color_bar(ax, ax.scatter(x[known], y[known], c=color[known], cmap=COLOR_MAP, **style), label)
        if not known.all():
            ax.scatter(x[~known], y[~known], c="0.7", label="weight not finite", **style)
            ax.legend()
    if len(x) <= 64 if numbered is None else numbered:
        for index, place in enumerate(zip(x, y)):
            ax.annotate(str(index), place, xytext=(5, 5), textcoords="offset points", fontsize=7)
    ax.margins(0.12)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(f"x in {unit}")
    ax.set_ylabel(f"y in {unit}")
    return ax


def pattern_cut(angles_rad: npt.ArrayLike, gain_db: npt.ArrayLike, *, labels: str | Sequence[str] | None = None,
                floor_db: float = -60.0, marks_rad: Sequence[float] = (), ax: Axes | None = None) -> Axes:
    """A cut through a pattern, Cartesian.

    angles_rad: (n,), azimuths, elevations or angles from boresight.
    gain_db: (n,) or (curves, n); what lies more than -floor_db below the largest, -infinity too, is drawn at the
        lower edge. NaN and +infinity are gaps; if nothing is finite, the axes end at 0 dB.
    floor_db: negative.
    marks_rad: directions that get a vertical line, such as jammers.
    """
    angles = vector_of(angles_rad, "angles_rad")
    rows, bottom = floor_below(rows_of(gain_db, angles.size, "gain_db"), floor_db)
    ax = axes_for(ax)
    draw_curves(ax, np.rad2deg(angles), rows, labels_for(labels, len(rows)))
    for mark in marks_rad:
        ax.axvline(np.rad2deg(mark), color="0.4", linestyle=":", linewidth=1)
    ax.set_ylim(bottom=bottom, top=None if np.isfinite(rows).any() else 0.0)
    ax.set_xlabel("angle in degrees")
    ax.set_ylabel("gain in dB")
    ax.grid(True, color="0.85")
    return ax


def pattern_polar(angles_rad: npt.ArrayLike, gain_db: npt.ArrayLike, *, labels: str | Sequence[str] | None = None,
                  floor_db: float = -40.0, compass: bool = True, marks_rad: Sequence[float] = (),
                  ax: Axes | None = None) -> Axes:
    """A cut through a pattern on polar axes; arguments as of pattern_cut.

    compass: angles are azimuths, 0 up and clockwise; otherwise 0 is up too and angles run counterclockwise, as angles
        from boresight do. The center is floor_db below the largest gain.
    """
    angles = vector_of(angles_rad, "angles_rad")
    rows, bottom = floor_below(rows_of(gain_db, angles.size, "gain_db"), floor_db)
    ax = axes_for(ax, polar=True)
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1 if compass else 1)
    draw_curves(ax, angles, rows, labels_for(labels, len(rows)), markers=0)
    for mark in marks_rad:
        ax.axvline(mark, color="0.4", linestyle=":", linewidth=1)
    ax.set_rlim(bottom, None if np.isfinite(rows).any() else 0.0)
    ax.set_rlabel_position(22.5)
    ax.set_title("gain in dB" + (" over azimuth" if compass else " over angle"), fontsize="medium")
    ax.grid(True, color="0.85")
    return ax


def sky_map(azimuths_rad: npt.ArrayLike, elevations_rad: npt.ArrayLike, values_db: npt.ArrayLike, *,
            floor_db: float = -40.0, marks: Mapping[str, tuple[float, float]] | None = None, polar: bool = False,
            quantity: str = "gain in dB", ax: Axes | None = None) -> Axes:
    """A quantity over the sky, such as Pattern.sky_db or a spectrum of directions.

    azimuths_rad: (columns,), elevations_rad: (rows,), both rising and finite; values_db: (rows, columns): -infinity has
        the last color, NaN and +infinity are left blank.
    floor_db: negative: where the colors end, below the largest finite value (0 if there is none).
    marks: name to (azimuth_rad, elevation_rad): a cross with its name.
    polar: the whole sky, zenith in the center, north up and azimuth clockwise, as on a compass; otherwise elevation
        over azimuth.
    """
    azimuths = vector_of(azimuths_rad, "azimuths_rad")
    elevations = vector_of(elevations_rad, "elevations_rad")
    values = np.asarray(values_db, dtype=np.float64)
    if values.shape != (elevations.size, azimuths.size):
        raise ValueError(f"values_db: shape {values.shape}, must be ({elevations.size}, {azimuths.size})")
    if not (np.isfinite(azimuths).all() and np.isfinite(elevations).all()):
        raise ValueError("azimuths_rad and elevations_rad: must be finite")
    bottom, top = floor_below(values, floor_db)[1], finite_peak(values)
    values = np.where(values == -np.inf, bottom, values)
    ax = axes_for(ax, polar=polar)
    ax.grid(False)
    zenith = np.rad2deg(np.pi / 2 - elevations)
    x, y = (azimuths, zenith) if polar else (np.rad2deg(azimuths), np.rad2deg(elevations))
    mesh = ax.pcolormesh(x, y, values, cmap=COLOR_MAP, vmin=bottom, vmax=top, shading="nearest",
                         rasterized=True)
    color_bar(ax, mesh, quantity)
    for name, (azimuth, elevation) in (marks or {}).items():
        place = (azimuth, 90 - np.rad2deg(elevation)) if polar else (np.rad2deg(azimuth), np.rad2deg(elevation))
        ax.plot(*place, marker="x", color="white", markersize=9, markeredgewidth=3.5)
        ax.plot(*place, marker="x", color="black", markersize=8, markeredgewidth=1.5)
        ax.annotate(name, place, xytext=(7, 7), textcoords="offset points",
                    bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.8})
    if polar:
        ax.set_theta_zero_location("N")
        ax.set_theta_direction(-1)
        ax.set_rlim(0, 90)
        ax.set_rgrids([30, 60, 90], ["60°", "30°", "0°"])
        ax.grid(True, color="0.85", linewidth=0.5)
    else:
        ax.set_xlabel("azimuth in degrees")
        ax.set_ylabel("elevation in degrees")
    return ax
