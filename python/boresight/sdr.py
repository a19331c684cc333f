"""Radios, recordings and the simulated sky as sources of samples; SigMF recordings written."""

from ._core import sdr as _sdr
from ._core.sdr import *  # noqa: F403

__all__ = [name for name in dir(_sdr) if not name.startswith("_")]
