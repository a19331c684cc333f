"""Phased array and OFDM modem core of a satellite ground terminal.

The modules have the names of the C++ folders, the classes and functions in them the names of C++:

    array beam doa sync ofdm modem fec frame rx tx sim sdr

and beside them, in Python: plot (figures, with matplotlib), sweep and sweeps (Monte-Carlo error rates), theory (error
rates in closed form) and orbit (passes of satellites). Importing all of it needs NumPy alone; what else a call needs is imported by that call.

Arrays. Samples are complex64 of shape (channels, n), C order, full scale 1.0; physics (weights in theory, steering
vectors, covariances) is complex128, soft bits are int8, bits are uint8 of 0 and 1. An array must have exactly the
dtype that the docstring names, or TypeError says what was wanted and what came: nothing is converted silently. Rows
must be contiguous and are not copied; they may lie apart, so x[:, a:b] is fine, x.T and x[:, ::2] are a TypeError
(numpy.ascontiguousarray makes a copy that is fine). Angles, positions, frequencies and other parameters are float64:
lists and arrays of any real type convert.

Lifetimes. No input is kept after a call. Properties that say "a view" are read-only windows on an object's own
buffers, without a copy: they keep the object alive and change when it goes on; copy() keeps what they show.

Objects. X(config) and X(field=value, ...) are the same, X.Config() has the defaults. An object belongs to one call at
a time; long calls let other threads of Python run, and a second call on the same object raises RuntimeError.

Errors. ConfigError (a ValueError) for a value or shape that cannot be, IoError (an OSError) for files and devices,
with the texts of C++. What is wrong with a signal (NaN, no preamble, a failed CRC) is never an exception but a result
or a counter.
"""

from . import array, beam, doa, fec, frame, modem, ofdm, orbit, plot, rx, sdr, sim, sweeps, sync, theory, tx
from ._core import (
    ConfigError,
    IoError,
    __version__,
    active_simd_target,
    force_simd_target,
    simd_targets,
)
from .sweeps import sweep

__all__ = [
    "ConfigError",
    "IoError",
    "__version__",
    "active_simd_target",
    "array",
    "beam",
    "doa",
    "fec",
    "force_simd_target",
    "frame",
    "modem",
    "ofdm",
    "orbit",
    "plot",
    "rx",
    "sdr",
    "sim",
    "simd_targets",
    "sweep",
    "sweeps",
    "sync",
    "theory",
    "tx",
]
