"""Type stubs, written by python/tools/make_stubs.py."""

from collections.abc import Sequence
from typing import Any, ClassVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import frame as _frame

__all__ = ["Adc", "AttitudeConfig", "Jammer", "JammerType", "LeoPass", "MotionState", "NtnTdl", "Receiver", "Satellite", "Scenario", "Sky", "TappedDelayLine", "TdlTap", "Track", "Truth", "element_positions_m", "ntn_tdl", "parse_scenario", "set_waveform", "shipped_scenario", "shipped_scenarios", "signal_oversampling", "state_at", "validate"]

class Adc:
    @overload
    def __init__(self, config: Adc) -> None: ...
    @overload
    def __init__(self, bits: int = ..., noise_floor_dbfs: float = ..., gain_db: float = ...) -> None: ...
    bits: int
    gain_db: float
    noise_floor_dbfs: float

class AttitudeConfig:
    @overload
    def __init__(self, config: AttitudeConfig) -> None: ...
    @overload
    def __init__(self, yaw_rad: float = ..., pitch_rad: float = ..., roll_rad: float = ...) -> None: ...
    pitch_rad: float
    roll_rad: float
    yaw_rad: float

class Jammer:
    @overload
    def __init__(self, config: Jammer) -> None: ...
    @overload
    def __init__(self, type: JammerType = ..., azimuth_rad: float = ..., elevation_rad: float = ..., power_db: float = ..., offset_hz: float = ..., period_s: float = ..., duty: float = ..., from_hz: float = ..., to_hz: float = ...) -> None: ...
    azimuth_rad: float
    duty: float
    elevation_rad: float
    from_hz: float
    offset_hz: float
    period_s: float
    power_db: float
    to_hz: float
    type: JammerType

class JammerType:
    cw: ClassVar[JammerType]
    noise: ClassVar[JammerType]
    pulsed_noise: ClassVar[JammerType]
    swept: ClassVar[JammerType]
    __members__: ClassVar[dict[str, JammerType]]
    def __init__(self, value: int) -> None: ...
    def __int__(self) -> int: ...
    def __index__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class LeoPass:
    @overload
    def __init__(self, config: LeoPass) -> None: ...
    @overload
    def __init__(self, altitude_m: float = ..., culmination_azimuth_rad: float = ..., culmination_elevation_rad: float = ..., start_time_s: float = ...) -> None: ...
    altitude_m: float
    culmination_azimuth_rad: float
    culmination_elevation_rad: float
    start_time_s: float

class MotionState:
    @property
    def delay_rate(self) -> float: ...
    @property
    def delay_s(self) -> float: ...
    @property
    def direction(self) -> NDArray[np.float64]: ...

class NtnTdl:
    a: ClassVar[NtnTdl]
    b: ClassVar[NtnTdl]
    c: ClassVar[NtnTdl]
    d: ClassVar[NtnTdl]
    __members__: ClassVar[dict[str, NtnTdl]]
    def __init__(self, value: int) -> None: ...
    def __int__(self) -> int: ...
    def __index__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> int: ...

class Receiver:
    @overload
    def __init__(self, config: Receiver) -> None: ...
    @overload
    def __init__(self, element_gain_error_db_rms: float = ..., element_phase_error_rad_rms: float = ..., dead_elements: Sequence[int] = ..., sample_clock_offset_ppm: float = ..., lo_offset_hz: float = ..., phase_noise: bool = ..., phase_noise_dbc_hz: float = ..., phase_noise_offset_hz: float = ..., adc: Adc = ...) -> None: ...
    adc: Adc
    dead_elements: Sequence[int]
    element_gain_error_db_rms: float
    element_phase_error_rad_rms: float
    lo_offset_hz: float
    phase_noise: bool
    phase_noise_dbc_hz: float
    phase_noise_offset_hz: float
    sample_clock_offset_ppm: float

class Satellite:
    @overload
    def __init__(self, config: Satellite) -> None: ...
    @overload
    def __init__(self, snr_db: float = ..., occupancy: float = ..., frame_offset: float = ..., motion: LeoPass | Track = ...) -> None: ...
    frame_offset: float
    motion: LeoPass | Track
    occupancy: float
    snr_db: float

class Scenario:
    @overload
    def __init__(self, config: Scenario) -> None: ...
    @overload
    def __init__(self, name: str = ..., description: str = ..., waveform: str = ..., sample_rate_hz: float = ..., carrier_hz: float = ..., seed: int = ..., positions_wavelengths: ArrayLike = ..., positions_m: ArrayLike = ..., attitude: AttitudeConfig = ..., payload_file_bytes: int = ..., mcs: _frame.Mcs = ..., satellites: Sequence[Satellite] = ..., jammers: Sequence[Jammer] = ..., receiver: Receiver = ...) -> None: ...
    attitude: AttitudeConfig
    carrier_hz: float
    description: str
    jammers: Sequence[Jammer]
    mcs: _frame.Mcs
    name: str
    payload_file_bytes: int
    positions_m: NDArray[np.float64]
    positions_wavelengths: NDArray[np.float64]
    receiver: Receiver
    sample_rate_hz: float
    satellites: Sequence[Satellite]
    seed: int
    waveform: str

class Sky:
    def __init__(self, scenario: Scenario, signals: Sequence[NDArray[np.complex64]] | None = None) -> None: ...
    @property
    def carrier_hz(self) -> float: ...
    @property
    def channels(self) -> int: ...
    @property
    def element_gains(self) -> NDArray[np.complex128]: ...
    gain_db: float
    def generate(self, samples: int) -> NDArray[np.complex64]: ...
    @property
    def payload_file(self) -> bytes: ...
    @property
    def positions_m(self) -> NDArray[np.float64]: ...
    @property
    def rails_clipped(self) -> int: ...
    @property
    def sample_rate_hz(self) -> float: ...
    @property
    def samples_generated(self) -> int: ...
    def truth(self) -> Truth: ...

class TappedDelayLine:
    class Config:
        @overload
        def __init__(self, config: TappedDelayLine.Config) -> None: ...
        @overload
        def __init__(self, taps: Sequence[TdlTap] = ..., sample_rate_hz: float = ..., doppler_hz: float = ..., specular_doppler_hz: float = ..., sinusoids: int = ..., seed: int = ..., realization: int = ...) -> None: ...
        doppler_hz: float
        realization: int
        sample_rate_hz: float
        seed: int
        sinusoids: int
        specular_doppler_hz: float
        taps: Sequence[TdlTap]
    @overload
    def __init__(self, config: TappedDelayLine.Config) -> None: ...
    @overload
    def __init__(self, taps: Sequence[TdlTap] = ..., sample_rate_hz: float = ..., doppler_hz: float = ..., specular_doppler_hz: float = ..., sinusoids: int = ..., seed: int = ..., realization: int = ...) -> None: ...
    def gains(self, time_s: float) -> NDArray[np.complex128]: ...
    latency_samples: ClassVar[int]
    def process(self, x: NDArray[np.complex64]) -> NDArray[np.complex64]: ...
    def response(self, time_s: float, first_hz: float, spacing_hz: float, count: int) -> NDArray[np.complex128]: ...
    @property
    def taps(self) -> int: ...

class TdlTap:
    @overload
    def __init__(self, config: TdlTap) -> None: ...
    @overload
    def __init__(self, delay_s: float = ..., power: float = ..., k_factor: float = ...) -> None: ...
    delay_s: float
    k_factor: float
    power: float

class Track:
    @overload
    def __init__(self, config: Track) -> None: ...
    @overload
    def __init__(self, azimuth_rad: float = ..., elevation_rad: float = ..., azimuth_rate_rad_s: float = ..., elevation_rate_rad_s: float = ..., doppler_hz: float = ..., doppler_rate_hz_s: float = ..., reference_carrier_hz: float = ...) -> None: ...
    azimuth_rad: float
    azimuth_rate_rad_s: float
    doppler_hz: float
    doppler_rate_hz_s: float
    elevation_rad: float
    elevation_rate_rad_s: float
    reference_carrier_hz: float

class Truth:
    @property
    def azimuth_rad(self) -> float: ...
    @property
    def carrier_hz(self) -> float: ...
    @property
    def doppler_hz(self) -> float: ...
    @property
    def elevation_rad(self) -> float: ...
    @property
    def jammer_to_noise_db(self) -> float: ...
    @property
    def snr_db(self) -> float: ...
    @property
    def time_s(self) -> float: ...

def element_positions_m(scenario: Scenario) -> NDArray[np.float64]: ...
def ntn_tdl(profile: NtnTdl, delay_spread_s: float) -> list[TdlTap]: ...
def parse_scenario(json: str, source_name: str = 'scenario') -> Scenario: ...
def set_waveform(scenario: Scenario, preset: str) -> Scenario: ...
def shipped_scenario(name: str) -> Scenario: ...
def shipped_scenarios() -> list[Any]: ...
signal_oversampling: int
def state_at(motion: LeoPass | Track, time_s: float) -> MotionState: ...
def validate(scenario: Scenario) -> None: ...
