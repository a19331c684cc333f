"""Type stubs, written by python/tools/make_stubs.py."""

from typing import overload

import numpy as np
from numpy.typing import NDArray

from . import frame as _frame

__all__ = ["KuTransmitter", "WifiTransmitter"]

class KuTransmitter:
    class Config:
        @overload
        def __init__(self, config: KuTransmitter.Config) -> None: ...
        @overload
        def __init__(self, oversampling: int = ...) -> None: ...
        oversampling: int
    @overload
    def __init__(self, config: KuTransmitter.Config) -> None: ...
    @overload
    def __init__(self, oversampling: int = ...) -> None: ...
    @property
    def frame_samples(self) -> int: ...
    def transmit(self, mcs: _frame.Mcs, sequence: int, payload: bytes | bytearray | memoryview | NDArray[np.uint8]) -> NDArray[np.complex64]: ...

class WifiTransmitter:
    class Config:
        @overload
        def __init__(self, config: WifiTransmitter.Config) -> None: ...
        @overload
        def __init__(self, oversampling: int = ...) -> None: ...
        oversampling: int
    @overload
    def __init__(self, config: WifiTransmitter.Config) -> None: ...
    @overload
    def __init__(self, oversampling: int = ...) -> None: ...
    def transmit(self, rate: _frame.WifiRate, psdu: bytes | bytearray | memoryview | NDArray[np.uint8], scrambler_state: int = 93) -> NDArray[np.complex64]: ...
    def transmit_ht(self, signal: _frame.HtSignal, psdu: bytes | bytearray | memoryview | NDArray[np.uint8], scrambler_state: int = 93) -> NDArray[np.complex64]: ...

