"""Weights, adaptive filters and beamformers; the convention everywhere is y = w^H x."""

from ._core import beam as _beam
from ._core.beam import *  # noqa: F403

__all__ = [name for name in dir(_beam) if not name.startswith("_")]
