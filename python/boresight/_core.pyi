"""Type stubs, written by python/tools/make_stubs.py."""

import numpy as np
from numpy.typing import NDArray

from . import array as array, beam as beam, doa as doa, fec as fec, frame as frame, modem as modem
from . import ofdm as ofdm, rx as rx, sdr as sdr, sim as sim, sync as sync, tx as tx

__version__: str

class ConfigError(ValueError): ...
class IoError(OSError):
    samples: NDArray[np.complex64] | None
    after: NDArray[np.complex64] | None

def active_simd_target() -> str: ...
def simd_targets() -> list[str]: ...
def force_simd_target(name: str) -> None: ...
