"""Whole transmitters."""

from ._core import tx as _tx
from ._core.tx import *  # noqa: F403

__all__ = [name for name in dir(_tx) if not name.startswith("_")]
