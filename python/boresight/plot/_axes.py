"""What all figures share: where they are drawn, and how curves are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

import numpy as np
import numpy.typing as npt

from .._extras import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]

COLOR_MAP = "cividis"

# Okabe and Ito's colors for color blindness (2008) without the yellow, which vanishes on paper, ordered so that
# neighbors differ in lightness.
COLORS = ("#000000", "#0072B2", "#D55E00", "#56B4E9", "#009E73", "#CC79A7", "#E69F00")
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "x", "+")


def axes_for(ax: Axes | None, polar: bool = False, square: bool = False) -> Axes:
    """`ax`, or the only axes of a new figure that belongs to no window; ValueError if `ax` is of the other kind."""
    if ax is None:
        figure = need("matplotlib.figure", "boresight.plot", "plot").Figure
        size = (5.2, 5.0) if polar or square else (6.4, 4.2)
        return figure(figsize=size, layout="constrained").add_subplot(projection="polar" if polar else None)
    if polar != (ax.name == "polar"):
        raise ValueError(f"ax: is {ax.name!r}, this figure needs {'polar' if polar else 'Cartesian'} axes")
    return ax


def curve_style(index: int) -> dict[str, Any]:
    """Color, line and marker of curve `index` of an axes; 28 differ in line and marker alone."""
    return {
        "color": COLORS[index % len(COLORS)],
        "linestyle": LINES[index % len(LINES)],
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 4,
        "markerfacecolor": "none",
    }


def next_curve(ax: Axes) -> int:
    """How many curves `ax` holds, so that a second call goes on where the first ended."""
    return sum(1 for line in ax.get_lines() if line.get_gid() == "curve")


def draw_curves(ax: Axes, x: npt.NDArray[Any], rows: npt.NDArray[Any], labels: Sequence[str] | None,
                markers: int = 12) -> None:
    """One line per row of `rows` over `x`, with about `markers` markers each, staggered so that they do not hide."""
    first = next_curve(ax)
    every = max(1, x.size // markers) if markers else None
    for index, row in enumerate(rows):
        style = curve_style(first + index)
        if every is None:
            style["marker"] = ""
        offset = (index * every // max(1, len(rows))) if every else 0
        ax.plot(x, row, label=labels[index] if labels else None, markevery=(offset, every) if every else None,
                gid="curve", linewidth=1.2, **style)
    if labels:
        ax.legend()


def rows_of(values: npt.ArrayLike, columns: int, name: str) -> npt.NDArray[np.float64]:
    """Shape (n,) or (curves, n) as (curves, n); ValueError for any other."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim not in (1, 2) or rows.shape[-1] != columns:
        raise ValueError(f"{name}: shape {rows.shape}, must be ({columns},) or (curves, {columns})")
    return np.atleast_2d(rows)


def labels_for(labels: str | Sequence[str] | None, curves: int) -> list[str] | None:
    """One label per curve; a single string is the label of a single curve."""
    if labels is None:
        return None
    given = [labels] if isinstance(labels, str) else list(labels)
    if len(given) != curves:
        raise ValueError(f"labels: {len(given)}, must be {curves}, one per curve")
    return given


def vector_of(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """A one-dimensional float64 array, or ValueError."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or vector.size == 0:
        raise ValueError(f"{name}: shape {vector.shape}, must be (n,) with n >= 1")
    return vector


def decibels(power: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """10 log10, where zero is -400 dB rather than a warning; NaN stays NaN and is left out of the figure."""
    level: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(np.asarray(power, dtype=np.float64), 1e-40))
    return level


def finite_peak(values: npt.NDArray[np.float64]) -> float:
    """The largest value that is finite; 0 if there is none, so that the axes have limits whatever comes."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else 0.0


def floor_below(values: npt.NDArray[np.float64], floor_db: float) -> tuple[npt.NDArray[np.float64], float]:
    """(values, lower edge): what lies lower, -infinity too, at the edge, floor_db below the peak; +infinity as NaN."""
    if not -np.inf < floor_db < 0:
        raise ValueError(f"floor_db: {floor_db}, must be negative and finite")
    bottom = finite_peak(values) + floor_db
    return np.where(values == np.inf, np.nan, np.maximum(values, bottom)), bottom


def color_bar(ax: Axes, mappable: Any, label: str) -> None:
    """A color bar beside `ax`."""
    ax.figure.colorbar(mappable, ax=ax, label=label)
