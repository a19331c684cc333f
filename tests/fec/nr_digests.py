#!/usr/bin/env python3
"""Makes the digests that nr_conformance_test.cpp compares with, by other implementations of 3GPP TS 38.212.

    python3 -m venv venv && venv/bin/pip install sionna-no-rt==1.2.2 py3gpp==0.6.0
    venv/bin/python tests/fec/nr_digests.py

Not part of the build: the packages bring TensorFlow. Takes some minutes. Prints one line for each digest of the
test, in its order, and ends with status 1 if the test's file does not hold it.
"""

import hashlib
import os
import pathlib
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import py3gpp
import tensorflow as tf
from sionna.phy.fec.ldpc.encoding import LDPC5GEncoder
from sionna.phy.nr import TBEncoder

LIFTING_SIZES = sorted(
    (a << j, i_ls)
    for i_ls, a in enumerate([2, 3, 5, 7, 9, 11, 13, 15])
    for j in range(8)
    if a << j <= 384
)
MODULATIONS = {1: "BPSK", 2: "QPSK", 4: "16QAM", 6: "64QAM", 8: "256QAM"}


def lcg_bits(seed, n):
    """The highest bits of Knuth's linear congruential generator (MMIX)."""
    bits = np.empty(n, np.uint8)
    for i in range(n):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        bits[i] = seed >> 63
    return bits


class Encoder:
    """sionna's LDPC encoder at a lifting size of our choice: its own would choose one for the payload."""

    def __init__(self, graph, z, i_ls):
        e = LDPC5GEncoder(k=100, n=200)
        columns = 22 if graph == "bg1" else 10
        matrices = e._gen_submat(e._load_basegraph(i_ls, graph), columns, z, graph)
        e._pcm_a_ind, e._pcm_b_inv_ind, e._pcm_c1_ind, e._pcm_c2_ind = map(e._mat_to_ind, matrices)
        self._encoder = e
        self.information_bits = columns * z

    def __call__(self, information):
        codeword = self._encoder._encode_fast(tf.constant(information[None, :], tf.float32))
        return codeword.numpy().reshape(-1).astype(np.uint8)


def graph_digests(graph):
    codewords = hashlib.sha256()
    matched = hashlib.sha256()
    for z, i_ls in LIFTING_SIZES:
        encode = Encoder(graph, z, i_ls)
        k = encode.information_bits
        information = lcg_bits(z, k)
        codewords.update(encode(information).tobytes())

        filler = z + z // 3
        information[k - filler :] = 0
        d = encode(information).astype(int)[2 * z :]
        d[k - filler - 2 * z : k - 2 * z] = -1  # <NULL>
        for rv in range(4):
            for q_m in (1, 2, 4, 6, 8):
                for numerator, denominator in ((3, 5), (9, 4)):
                    e_r = max((len(d) - filler) * numerator // denominator // q_m, 1) * q_m
                    bits = py3gpp.nrRateMatchLDPC(d[:, None], e_r, rv, MODULATIONS[q_m], 1)
                    matched.update(np.asarray(bits).astype(np.uint8).tobytes())
    return codewords.hexdigest(), matched.hexdigest()


def transport_digest(test):
    """The cases stand in the test: payload bits, coded bits, rate, bits per symbol."""
    table = re.search(r"transport_cases\[\] = \{(.*?)\n\};", test, re.S).group(1)
    digest = hashlib.sha256()
    for a, g, rate, q_m in re.findall(r"\{(\d+), (\d+), ([\d.]+), (\d+)\}", table):
        encoder = TBEncoder(int(a), int(g), float(rate), int(q_m), use_scrambler=False)
        payload = lcg_bits(int(a) + int(g), int(a))
        coded = encoder(tf.constant(payload[None, :], tf.float32)).numpy().reshape(-1)
        digest.update(coded.astype(np.uint8).tobytes())
    return digest.hexdigest()


def main():
    test = pathlib.Path(__file__).with_name("nr_conformance_test.cpp").read_text()
    lines = []
    for graph in ("bg1", "bg2"):
        codewords, matched = graph_digests(graph)
        lines += [(f"{graph} codewords", codewords), (f"{graph} rate-matched", matched)]
    lines.append(("transport blocks", transport_digest(test)))
    for name, digest in lines:
        print(f"{name:20} {digest} {'as in the test' if digest in test else 'NOT IN THE TEST'}")
    return 0 if all(digest in test for _, digest in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
