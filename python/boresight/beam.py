"""Weights and beamformers; the convention everywhere is y = w^H x."""

from ._core.beam import AdaptiveBeamformer, Beamformer, MvdrSolver, conventional, mvdr, null_steering

__all__ = ["AdaptiveBeamformer", "Beamformer", "MvdrSolver", "conventional", "mvdr", "null_steering"]
