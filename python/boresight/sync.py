"""Finding signals: detection theory, detectors, acquisition, tracking."""

from ._core import sync as _sync
from ._core.sync import *  # noqa: F403

__all__ = [name for name in dir(_sync) if not name.startswith("_")]
