"""What a sweep found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._interval import Method, binomial_interval

Estimator = Literal["ratio", "inverse-binomial"]


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
    counter: str = field(default="errors", compare=False)
    """The counter that stops the points."""

    def count(self, name: str = "errors") -> npt.NDArray[np.int64]:
        """Sums of one counter, shape (points,); KeyError if a point has no such counter,
        OverflowError for a sum above 2^63 - 1 (`counts` itself holds any)."""
        return np.array([point.counts[name] for point in self.points], dtype=np.int64)

    def axis(self, name: str) -> npt.NDArray[Any]:
        """One coordinate of points that are dictionaries, shape (points,)."""
        return np.array([point.point[name] for point in self.points])

    def rate(self, errors: str = "errors", trials: str = "trials", estimator: Estimator = "ratio"
             ) -> npt.NDArray[np.float64]:
        """Error rate, shape (points,); NaN where there was no trial.

        "ratio" is errors over trials, k / n. Because counting stops at an error it is too high on average where a
        block has fewer errors than stop the point, by up to 1 / (stop_at - 1): over 20,000 sweeps 1 % at stop_at 100,
        5 % at 20, 25 % at 5, 1.9 times at 2; at 1 without limit as the rate falls (4.7 times at 0.01,
        7.1 at 0.001; Haldane, Biometrika 33, 1945). Blocks with many times stop_at errors leave no bias.

        "inverse-binomial" is (k - 1) / (n - 1) where the counter reached its limit and k / n where the blocks did:
        right on average, exactly, with one trial per block (Girshick, Mosteller and Savage, Ann. Math. Stat. 17,
        1946), and within 1 % from stop_at 5 on while a block has 0.1 errors or fewer, from 20 on with 1 error; too low
        by up to 1 / stop_at when a block has as many errors as stop the point. A first and only error makes it 0:
        use stop_at 2 or more. ValueError if `errors` is not the counter that the sweep stops by.
        """
        wrong, total = self.count(errors), self.count(trials)
        if estimator == "inverse-binomial":
            if errors != self.counter:
                raise ValueError(f"errors: {errors!r}, must be the counter that stops the sweep, {self.counter!r}")
            last = np.array([point.enough for point in self.points]) & (total > 1)
            wrong, total = wrong - last, total - last
        elif estimator != "ratio":
            raise ValueError(f"estimator: {estimator!r}, must be 'ratio' or 'inverse-binomial'")
        return np.where(total > 0, wrong / np.maximum(total, 1), np.nan)

    def interval(self, errors: str = "errors", trials: str = "trials", confidence: float = 0.95,
                 method: Method = "clopper-pearson") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Confidence intervals of the rates, (low, high); see binomial_interval.

        Clopper-Pearson's cover the truth as often as asked in sweeps that stop by count, too; Wilson's do not.
        """
        return binomial_interval(self.count(errors), self.count(trials), confidence, method)
