"""The simulated sky and fading channels."""

from ._core import sim as _sim
from ._core.sim import *  # noqa: F403

__all__ = [name for name in dir(_sim) if not name.startswith("_")]
