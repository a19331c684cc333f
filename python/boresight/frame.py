"""Frames of the ku waveform and of IEEE 802.11: headers, modulation and coding, file carousel."""

from ._core import frame as _frame
from ._core.frame import *  # noqa: F403

__all__ = [name for name in dir(_frame) if not name.startswith("_")]
