"""Whole receivers, and the probes that show what their stages held."""

from ._core import rx as _rx
from ._core.rx import *  # noqa: F403

__all__ = [name for name in dir(_rx) if not name.startswith("_")]
