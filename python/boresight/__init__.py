"""Phased array and OFDM modem core of a satellite ground terminal.

Arrays have the shapes of the C++ views: (channels, samples), C order. Samples are complex64, physics is complex128
and float64; another dtype or order is a TypeError rather than a silent copy. A value or shape that cannot be is a
ConfigError, which is a ValueError.
"""

from . import array, beam, doa
from ._core import ConfigError, __version__

__all__ = ["ConfigError", "__version__", "array", "beam", "doa"]
