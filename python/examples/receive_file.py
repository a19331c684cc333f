"""Receives a file from a SoapySDR device, by default the simulated sky with a jammer in it, and shows the stages of
the last frame.

    receive_file.py [DEVICE ARGUMENTS]
"""

import sys

import numpy as np

from boresight import array, frame, rx, sdr

DEVICE = "driver=boresight,scenario=rooftop_jammed,realtime=0"


def main(arguments: str = DEVICE, seconds: float = 2.0) -> bytes:
    source = sdr.SoapySource(args=arguments)
    rate = source.info.sample_rate_hz
    config = rx.Receiver.Config()
    config.front_end.beamformer.geometry = array.Geometry.from_positions(source.info.element_positions_m)
    config.front_end.beamformer.carrier_hz = source.info.center_frequency_hz
    config.ku.sample_rate_hz = rate
    receiver, probe, carousel = rx.Receiver(config), rx.KuProbe(), frame.CarouselReceiver()
    receiver.set_probe(probe)
    with source:
        for _ in range(int(seconds * 100)):
            azimuth, elevation = source.sensor("azimuth_deg"), source.sensor("elevation_deg")
            if azimuth is not None and elevation is not None:
                receiver.set_direction(array.enu_from_sky(np.deg2rad(azimuth), np.deg2rad(elevation)))
            for received in receiver.push(source.receive(int(rate / 100))):
                carousel.push(received.payload)
                print(f"frame {received.header.sequence}: {received.header.mcs.name}, {received.mer_db:.1f} dB MER")
            if carousel.complete:
                break
    print(f"{carousel.file_bytes} bytes, {'whole' if carousel.complete else 'not whole'}")
    print(f"equalized {probe.equalized.shape}, soft bits {probe.llr.shape}, channel {probe.channel.shape}")
    return carousel.file if carousel.complete else b""


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else DEVICE)
