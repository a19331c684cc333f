"""The results file: a line of JSON per block, appended when the block is done.

    {"boresight_sweep": 2, "seed": 1, "task": "study.task"}
    {"point": {"snr_db": 4.0}, "block": 0, "counts": {"errors": 12, "trials": 100000}, "crc32": "1e2d3c4b"}
    ...

A block's counts are a function of task, seed, point and block number alone. So the order of the lines says nothing,
and a file goes on to serve when the grid or the limits change. Each line is one write to a file opened for appending:
after a crash or a full disk at most the last line is torn, which is cut off when the file is opened again. crc32 is of
all bytes of the line before it, so that a line that has changed since is refused, not counted.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import zlib
from pathlib import Path
from typing import Any

VERSION = 2
MAX_LINE_BYTES = 1 << 20
MAX_COUNT = 2**63 - 1


class ResultsFileError(ValueError):
    """The file is of another sweep, is in use, or holds what no sweep wrote."""


_opening = threading.Lock()
_open_files: set[tuple[int, int]] = set()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def canonical(value: Any) -> str:
    """The one JSON text of a value; TypeError or ValueError for one that has none, such as an array or NaN."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(", ", ": "))


def _sealed(start: str) -> str:
    return f'{start}, "crc32": "{zlib.crc32(start.encode()):08x}"}}\n'


class ResultsFile:
    """Opens, locks, checks and reads the file, or creates it. Use as a context manager."""

    def __init__(self, path: str | os.PathLike[str], header: dict[str, Any]) -> None:
        self.path = Path(path)
        self.blocks: dict[str, dict[int, dict[str, int]]] = {}
        """Counts read: canonical(point) to block number to counter to count."""
        text = canonical({"boresight_sweep": VERSION, **header})
        with _opening:
            self._open()
        try:
            self._read(text)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def append(self, point: str, block: int, counts: dict[str, int]) -> None:
        """Adds one block; `point` is canonical(point)."""
        self._write(_sealed(f'{{"point": {point}, "block": {block}, "counts": {canonical(counts)}'))

    # The lock is a record lock: unlike flock's it is not inherited by forked workers, which may outlive a killed
    # parent. It does not keep this process itself out, and ends when any descriptor of the file is closed; so this
    # process keeps a list of what it has open and looks there before it opens.

    def _open(self) -> None:
        if self.path.exists() and _identity(self.path.stat()) in _open_files:
            raise ResultsFileError(f"{self.path}: another sweep is writing to it")
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise ResultsFileError(f"{self.path}: another sweep is writing to it") from error
        self._identity = _identity(os.fstat(self._descriptor))
        _open_files.add(self._identity)

    def _close(self) -> None:
        _open_files.discard(self._identity)
        os.close(self._descriptor)

    def _write(self, line: str) -> None:
        data = line.encode()
        if os.write(self._descriptor, data) != len(data):
            raise OSError(f"{self.path}: the disk is full")  # what was written is a torn line, cut off next time

    def _read(self, header: str) -> None:
        with open(self._descriptor, "rb", closefd=False) as file:
            whole = 0  # bytes of whole lines
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if not line.endswith(b"\n"):
                    if len(line) > MAX_LINE_BYTES:
                        raise self._bad(number, f"is longer than {MAX_LINE_BYTES} bytes")
                    if number == 1 and not header.encode().startswith(line):
                        raise self._bad(1, "is not the header of a sweep")
                    break  # torn
                if number == 1:
                    self._check_header(line, header)
                else:
                    self._take(number, line)
                whole += len(line)
        if whole < os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, whole)
        if whole == 0:
            self._write(header + "\n")

    def _check_header(self, line: bytes, header: str) -> None:
        if line.decode(errors="replace").rstrip("\n") != header:
            try:
                found = json.loads(line)
                ours = isinstance(found, dict) and "boresight_sweep" in found
            except (ValueError, RecursionError):
                ours = False
            if not ours:
                raise self._bad(1, "is not the header of a sweep")
            raise self._bad(1, f"is of another sweep:\n  {str(found)[:1000]}\nthis one is\n  {header}")

    def _take(self, number: int, line: bytes) -> None:
        try:
            entry = json.loads(line)
            point, block, counts = canonical(entry["point"]), entry["block"], entry["counts"]
            good = (type(block) is int and 0 <= block <= MAX_COUNT and type(counts) is dict and len(counts) > 0
                    and all(type(count) is int and 0 <= count <= MAX_COUNT for count in counts.values()))
        except (ValueError, KeyError, TypeError, RecursionError):
            good = False
        if not good:
            raise self._bad(number, "is not a result")
        text = line.decode(errors="replace")
        if text != _sealed(text.rpartition(', "crc32": ')[0]):
            raise self._bad(number, "is damaged, its checksum does not fit; without the line its block is run again")
        known = self.blocks.setdefault(point, {})
        if known.setdefault(block, counts) != counts:
            raise self._bad(number, "contradicts an earlier line: the task does not depend on point and rng alone")

    def _bad(self, number: int, what: str) -> ResultsFileError:
        return ResultsFileError(f"{self.path}: line {number} {what}")
