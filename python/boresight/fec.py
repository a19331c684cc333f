"""CRCs, scramblers, interleavers, convolutional and LDPC codes, transport blocks."""

from ._core import fec as _fec
from ._core.fec import *  # noqa: F403

__all__ = [name for name in dir(_fec) if not name.startswith("_")]
