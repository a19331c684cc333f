"""Error rates with what is known about their accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..sweeps import Method, binomial_interval
from ._axes import axes_for, curve_style, next_curve, vector_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # type: ignore[import]


def error_rate(x: npt.ArrayLike, errors: npt.ArrayLike, trials: npt.ArrayLike, *, label: str | None = None,
               theory: tuple[npt.ArrayLike, npt.ArrayLike] | None = None, theory_label: str = "theory",
               confidence: float = 0.95, method: Method = "clopper-pearson", x_label: str = "SNR in dB",
               y_label: str = "error rate", ax: Axes | None = None) -> Axes:
    """Bit or frame error rate over SNR, with confidence intervals; call again with the same `ax` for more curves.

    x, errors, trials: (points,). Points without an error have no marker, only the bar of their interval, whose lower
        end is zero and is drawn to the lower edge; points without a trial are left out.
    theory: (x, rate), each (any,): a line without markers, such as those of boresight.theory. What is not positive and
        finite is left out.
    confidence, method: of the interval, see sweeps.binomial_interval; the legend names both. Wilson's is too short for
        counts that stopped at an error, as those of a sweep.
    """
    axis = vector_of(x, "x")
    wrong, total = np.asarray(errors), np.asarray(trials)
    if wrong.shape != axis.shape or total.shape != axis.shape:
        raise ValueError(f"errors and trials: shapes {wrong.shape} and {total.shape}, must be {axis.shape}")
    first, last = axis.min(), axis.max()
    keep = total > 0
    axis, wrong, total = axis[keep], wrong[keep], total[keep]
    low, high = binomial_interval(wrong, total, confidence, method)
    rate = wrong / total
    ax = axes_for(ax)
    style = curve_style(next_curve(ax))
    some = wrong > 0
    shown = " ".join(filter(None, [label, f"({100 * confidence:g} % {_NAMES[method]})"]))
    ax.plot(axis[some], rate[some], label=shown, gid="curve", linewidth=1.2, **style)
    ax.set_yscale("log", nonpositive="clip")
    # Drawn as lines of their own: an error bar that ends at zero would not be drawn at all on a log axis.
    lower = np.where(low > 0, low, 1e-30)
    ax.vlines(axis, lower, high, color=style["color"], linewidth=1.0)
    ax.plot(axis, high, linestyle="", marker="_", color=style["color"], markersize=6)
    ax.plot(axis[some], low[some], linestyle="", marker="_", color=style["color"], markersize=6)
    ends = [rate[some], low[some], high]
    if theory is not None:
        at, expected = (vector_of(values, "theory") for values in theory)
        expected = np.where((expected > 0) & np.isfinite(expected), expected, np.nan)
        if np.isnan(expected).all():  # matplotlib warns of a logarithmic axis with nothing on it
            at, expected = at[:0], expected[:0]
        ax.plot(at, expected, color=style["color"], linestyle=":", linewidth=1.5, label=theory_label)
        ends.append(expected[(at >= first) & (at <= last)])
    seen = np.concatenate([end[(end > 0) & np.isfinite(end)] for end in ends])
    if seen.size:
        bottom = 10 ** np.floor(np.log10(seen.min()))
        if next_curve(ax) > 1:
            bottom = min(bottom, ax.get_ylim()[0])
        ax.set_ylim(max(1e-15, bottom), 1.0)
    elif next_curve(ax) == 1:
        ax.set_ylim(1e-3, 1.0)
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.grid(True, which="both", color="0.9")
    ax.legend()
    return ax


_NAMES = {"clopper-pearson": "Clopper-Pearson", "wilson": "Wilson"}
