"""Constellations, soft demapping, hard decisions."""

from ._core import modem as _modem
from ._core.modem import *  # noqa: F403

__all__ = [name for name in dir(_modem) if not name.startswith("_")]
