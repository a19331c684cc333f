"""Figures of arrays, signals and error rates, as one would put them into a paper.

Every function draws on the matplotlib Axes given as `ax`, or on new ones, and returns the Axes that it drew on. None
opens a window and none touches pyplot: `ax.figure.savefig("pattern.pdf")` writes a file, and in a notebook
`%matplotlib inline` once and then `ax.figure` shows it. Curves differ in line style and marker as well as in color,
and maps are in cividis, whose lightness rises evenly: both survive gray printing and color blindness.

Needs matplotlib, and SciPy for Clopper-Pearson intervals: `pip install boresight[plot]`. Angles are in radians, as
everywhere, and shown in degrees.
"""

from ._array import array_geometry, pattern_cut, pattern_polar, sky_map
from ._doa import doa_spectrum
from ._error_rate import error_rate
from ._spectrum import spectrum, waterfall
from ._symbols import channel_estimate, constellation

__all__ = [
    "array_geometry",
    "channel_estimate",
    "constellation",
    "doa_spectrum",
    "error_rate",
    "pattern_cut",
    "pattern_polar",
    "sky_map",
    "spectrum",
    "waterfall",
]
