"""Where the elements stand, what each hears of a direction, and the beams that weights make of them."""

from ._core import array as _array
from ._core.array import *  # noqa: F403

__all__ = [name for name in dir(_array) if not name.startswith("_")]
