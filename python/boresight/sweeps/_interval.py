"""How well a share is known after so many trials."""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._extras import need

Method = Literal["clopper-pearson", "wilson"]


def binomial_interval(errors: npt.ArrayLike, trials: npt.ArrayLike, confidence: float = 0.95,
                      method: Method = "clopper-pearson"
                      ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Two-sided confidence interval of a binomial probability: (low, high), each of the common shape of the counts.

    "clopper-pearson" (Biometrika 26, 1934) covers the truth at least as often as asked, whatever the truth; needs
    SciPy. "wilson" (JASA 22, 1927) is shorter and covers it as often as asked on average over the truth, if the number
    of trials was fixed before; NumPy is enough.

    Where counting stops at an error, as in `sweep`, Clopper-Pearson still covers as often as asked (with one trial per
    block that is certain: its lower end is that of inverse sampling, its upper end lies above that). Wilson does not.
    Measured at 95 %, 20,000 sweeps each, truths 0.001, 0.01 and 0.3, blocks of 1 to 1000 trials (the least of all):

        stop_at              1        2        5       20      100
        Clopper-Pearson  0.970    0.969    0.964    0.954    0.955
        Wilson           0.836    0.889    0.920    0.943    0.947

    errors: 0 to trials; without an error low is exactly 0, with nothing but errors high is exactly 1. Without a trial
    the interval is (0, 1). ValueError for counts that cannot be and a confidence outside 0 to 1. Errors within a trial
    must be independent: bit errors of a decoder come in bursts, and their interval is too short; count frames.
    """
    k, n = np.broadcast_arrays(np.asarray(errors, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    if not (np.all(k >= 0) and np.all(k <= n) and np.all(np.isfinite(n))):
        raise ValueError("errors: must be 0 to trials, and trials finite")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence}, must be between 0 and 1")
    tail = (1 - confidence) / 2
    if method == "clopper-pearson":
        beta = need("scipy.special", "the Clopper-Pearson interval", "sweep").betaincinv
        with np.errstate(invalid="ignore"):
            low, high = beta(k, n - k + 1, tail), beta(k + 1, n - k, 1 - tail)
    elif method == "wilson":
        z = NormalDist().inv_cdf(1 - tail)
        safe = np.maximum(n, 1)
        center = (k + z * z / 2) / (safe + z * z)
        half = z / (safe + z * z) * np.sqrt(k * (n - k) / safe + z * z / 4)
        low, high = center - half, center + half
    else:
        raise ValueError(f"method: {method!r}, must be 'clopper-pearson' or 'wilson'")
    return np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)
