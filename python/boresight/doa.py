"""Covariance, direction finding, its bounds, and monopulse tracking."""

from ._core import doa as _doa
from ._core.doa import *  # noqa: F403

__all__ = [name for name in dir(_doa) if not name.startswith("_")]
