"""Covariance, from which every direction finder starts."""

from ._core.doa import SampleCovariance

__all__ = ["SampleCovariance"]
