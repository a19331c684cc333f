"""What a sweep found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._interval import Method, binomial_interval


@dataclass(frozen=True)
class Point:
    """One point of the grid and the sums over its blocks."""

    point: Any
    """The point as the task was given it."""
    blocks: int
    """Blocks 0 .. blocks - 1 are counted."""
    counts: dict[str, int]
    """Sums of what the task returned, by name."""
    enough: bool
    """Whether the counter reached its limit, rather than the blocks theirs."""


@dataclass(frozen=True)
class SweepResult:
    """The points in the order of the grid. Two results are equal if and only if every count is."""

    points: tuple[Point, ...]

    def count(self, name: str = "errors") -> npt.NDArray[np.int64]:
        """Sums of one counter, shape (points,); KeyError if a point has no such counter,
        OverflowError for a sum above 2^63 - 1 (`counts` itself holds any)."""
        return np.array([point.counts[name] for point in self.points], dtype=np.int64)

    def axis(self, name: str) -> npt.NDArray[Any]:
        """One coordinate of points that are dictionaries, shape (points,)."""
        return np.array([point.point[name] for point in self.points])

    def rate(self, errors: str = "errors", trials: str = "trials") -> npt.NDArray[np.float64]:
        """Sum of one counter over that of another, shape (points,); NaN where there was no trial.

        Because counting stops at an error the rate is a little too high, by at most about one part in the number of
        errors that stops it (Haldane, Biometrika 33, 1945).
        """
        total = self.count(trials)
        return np.where(total > 0, self.count(errors) / np.maximum(total, 1), np.nan)

    def interval(self, errors: str = "errors", trials: str = "trials", confidence: float = 0.95,
                 method: Method = "clopper-pearson") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Confidence intervals of the rates, (low, high); see binomial_interval."""
        return binomial_interval(self.count(errors), self.count(trials), confidence, method)
