"""Numerologies, modulation, channel and noise estimation, equalization, combining."""

from ._core import ofdm as _ofdm
from ._core.ofdm import *  # noqa: F403

__all__ = [name for name in dir(_ofdm) if not name.startswith("_")]
