"""Phased array and OFDM modem core of a satellite ground terminal.

Arrays have the shapes of the C++ views: (channels, samples), C order. Samples are complex64, physics is complex128
and float64; another dtype or order is a TypeError rather than a silent copy. A value or shape that cannot be is a
ConfigError, which is a ValueError.

Beside the bindings: `plot` (matplotlib), `sweep` and `sweeps` (Monte-Carlo error rates) and `orbit` (passes of
satellites). Importing all of it needs NumPy alone; the rest is imported when it is used.
"""

from . import array, beam, doa, orbit, plot, sweeps
from ._core import ConfigError, __version__
from .sweeps import sweep

__all__ = ["ConfigError", "__version__", "array", "beam", "doa", "orbit", "plot", "sweep", "sweeps"]
