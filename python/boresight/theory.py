"""Error rates in closed form, to draw behind counted ones.

    snr_db = np.linspace(0, 20, 100)
    plot.error_rate(..., theory=(snr_db, theory.bit_error_rate(4, snr_db)))          # 16-QAM in white noise

Decisions are those of the nearest point, which the signs of a max-log demapper make bit by bit, in coherent detection
with the channel known. (modem.soft_demap answers in int8: below some 5 dB of 16-QAM it rounds many LLRs to 0, and a
count that takes those for zeros lies up to 1 % below; Constellation.nearest_points makes the decisions drawn here.)
Modulations are given by their bits per symbol (modem.bits_per_symbol): 1 is BPSK, 2 QPSK and 4, 6, 8, ... square QAM,
Gray-mapped on each axis, as the maps of TS 38.211 and IEEE 802.11 are.

Es/N0 is the mean power of the symbols over the variance of the complex noise, per symbol. Es/N0 in dB is Eb/N0 in dB
+ 10 log10(bits per symbol) without coding. Arrays of any shape go in and come out as float64; NaN gives NaN, and
infinity the limit. NumPy is enough.
"""

from __future__ import annotations

import functools
import math
import numbers

import numpy as np
import numpy.typing as npt

__all__ = [
    "bit_error_rate",
    "frame_error_rate",
    "rayleigh_bit_error_rate",
    "rayleigh_symbol_error_rate",
    "symbol_error_rate",
]

Floats = npt.NDArray[np.float64]

MAX_BITS = 16
MAX_BRANCHES = 128
MAX_PARTS = 2**53
_erfc = np.frompyfunc(math.erfc, 1, 1)


def bit_error_rate(bits_per_symbol: int, es_n0_db: npt.ArrayLike) -> Floats:
    """Share of wrong bits in white Gaussian noise, exact: the mean over the bits of a symbol.

    BPSK and QPSK are Q(sqrt(2 Eb/N0)); square QAM by Cho and Yoon, IEEE Trans. Commun. 50 (2002).
    ValueError for bits per symbol other than 1 or an even number from 2 to 16.
    """
    snr = _snr(es_n0_db)
    terms = _terms(_whole("bits_per_symbol", bits_per_symbol))
    return np.asarray(sum(weight * _q(distance * np.sqrt(snr)) for weight, distance in terms))


def symbol_error_rate(bits_per_symbol: int, es_n0_db: npt.ArrayLike) -> Floats:
    """Share of wrong symbols in white Gaussian noise, exact (Proakis, Digital Communications, 4th ed., 5.2-9).

    ValueError as bit_error_rate.
    """
    share, distance = _axis(_whole("bits_per_symbol", bits_per_symbol))
    axis = share * _q(distance * np.sqrt(_snr(es_n0_db)))  # of wrong decisions on one axis
    return axis if bits_per_symbol == 1 else np.asarray(axis * (2 - axis))


def rayleigh_bit_error_rate(bits_per_symbol: int, mean_es_n0_db: npt.ArrayLike, branches: int = 1) -> Floats:
    """The mean of bit_error_rate over flat Rayleigh fading.

    mean_es_n0_db: the mean Es/N0 of each branch. branches: antennas with independent fading and equal means, combined
        by maximum ratio (Proakis, 4th ed., 14.4-1, for each term of the sum over Q). ValueError outside 1 to 128,
        and as bit_error_rate.
    """
    branches = _whole("branches", branches)
    if not 1 <= branches <= MAX_BRANCHES:
        raise ValueError(f"branches: {branches}, must be 1 to {MAX_BRANCHES}")
    mean = _snr(mean_es_n0_db)
    total = np.zeros_like(mean)
    for weight, distance in _terms(_whole("bits_per_symbol", bits_per_symbol)):
        wrong, _ = _faded(distance**2 / 2 * mean)
        total += weight * wrong**branches * sum(
            math.comb(branches - 1 + k, k) * (1 - wrong) ** k for k in range(branches))
    return total


def rayleigh_symbol_error_rate(bits_per_symbol: int, mean_es_n0_db: npt.ArrayLike) -> Floats:
    """The mean of symbol_error_rate over flat Rayleigh fading, one antenna.

    Simon and Alouini, Digital Communication over Fading Channels (2000), chapter 8. ValueError as bit_error_rate.
    """
    share, distance = _axis(_whole("bits_per_symbol", bits_per_symbol))
    wrong, mu = _faded(distance**2 / 2 * _snr(mean_es_n0_db))
    if bits_per_symbol == 1:
        return share * wrong
    both = 0.25 - mu / np.pi * np.arctan2(1.0, mu)  # the mean of Q squared
    return np.asarray(2 * share * wrong - share**2 * both)


def frame_error_rate(error_rate: npt.ArrayLike, parts: int) -> Floats:
    """Share of frames with a wrong part, of so many that fail independently: 1 - (1 - p)^parts.

    The parts of an uncoded frame in white noise are its symbols: frame_error_rate(symbol_error_rate(...), symbols); of
    BPSK and QPSK its bits as well. It does not hold behind a decoder, nor for symbols that fade together. ValueError
    for rates outside 0 to 1 and parts outside 1 to 2^53.
    """
    rate = np.asarray(error_rate, dtype=np.float64)
    if np.any((rate < 0) | (rate > 1)):
        raise ValueError("error_rate: must be 0 to 1")
    parts = _whole("parts", parts)
    if not 1 <= parts <= MAX_PARTS:
        raise ValueError(f"parts: {parts}, must be 1 to 2^53")
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(parts * np.log1p(-rate)))


def _whole(name: str, value: object) -> int:
    if not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: {value!r}, must be a whole number")
    return int(value)


def _snr(db: npt.ArrayLike) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(10.0 ** (np.asarray(db, dtype=np.float64) / 10))


def _q(x: Floats) -> Floats:
    return 0.5 * np.asarray(_erfc(x / math.sqrt(2)), dtype=np.float64)


def _faded(c: Floats) -> tuple[Floats, Floats]:
    # The mean of Q(sqrt(2 c g)) over g exponential with mean 1, and mu = sqrt(c / (1 + c)). The first is (1 - mu) / 2,
    # written so that it keeps its digits where mu is close to 1.
    with np.errstate(divide="ignore"):
        mu = 1 / np.sqrt(1 + 1 / c)
    return 0.5 / ((1 + c) * (1 + mu)), mu


def _levels(bits_per_symbol: int) -> int:
    if bits_per_symbol != 1 and (bits_per_symbol % 2 or not 2 <= bits_per_symbol <= MAX_BITS):
        raise ValueError(f"bits_per_symbol: {bits_per_symbol}, must be 1 or an even number from 2 to {MAX_BITS}")
    return 1 << max(1, bits_per_symbol // 2)


def _axis(bits_per_symbol: int) -> tuple[float, float]:
    # On each axis a point fails to share * Q(distance * sqrt(Es/N0)): 2 (1 - 1 / levels), and half of what lies
    # between neighbors.
    levels = _levels(bits_per_symbol)
    return 2 - 2 / levels, math.sqrt(2) if bits_per_symbol == 1 else math.sqrt(3 / (levels**2 - 1))


@functools.lru_cache
def _terms(bits_per_symbol: int) -> tuple[tuple[float, float], ...]:
    # The bit error rate is the sum of weight * Q(distance * sqrt(Es/N0)) over these (weight, distance).
    levels = _levels(bits_per_symbol)
    _, distance = _axis(bits_per_symbol)
    weights: dict[int, float] = {}
    bits = levels.bit_length() - 1
    for k in range(bits):  # bit k decides between 2^k groups of neighbors
        for i in range(levels - (levels >> (k + 1))):
            sign = -1 if (i << k) // levels % 2 else 1
            weight = (1 << k) - ((i << (k + 1)) + levels) // (2 * levels)
            weights[i] = weights.get(i, 0.0) + 2 * sign * weight / (levels * bits)
    return tuple((weight, (2 * i + 1) * distance) for i, weight in weights.items() if weight)
