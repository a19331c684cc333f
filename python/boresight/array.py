"""Where the elements stand and what a direction looks like across them."""

from ._core.array import Attitude, Geometry, Pattern, enu_from_sky, sky_from_enu, steering_vector

__all__ = ["Attitude", "Geometry", "Pattern", "enu_from_sky", "sky_from_enu", "steering_vector"]
