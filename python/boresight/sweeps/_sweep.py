"""Hands blocks to an executor and counts them in their own order."""

from __future__ import annotations

import collections
import functools
import hashlib
import itertools
import operator
import os
import queue
from concurrent.futures import Executor, Future
from contextlib import ExitStack, closing
from typing import Any, Callable, Generator, Iterable, Mapping

import numpy as np

from ._file import MAX_COUNT, ResultsFile, canonical
from ._identity import identity
from ._progress import Progress
from ._result import Point, SweepResult

Task = Callable[[Any, np.random.Generator], Mapping[str, int]]


class TaskError(RuntimeError):
    """The task raised or returned what is no mapping of counts; the message names point and block."""


def sweep(task: Task, grid: Mapping[str, Iterable[Any]] | Iterable[Any], executor: Executor | None = None, *,
          seed: int = 0, stop_at: int = 100, counter: str = "errors", max_blocks: int = 1000,
          results: str | os.PathLike[str] | None = None, name: str | None = None, in_flight: int | None = None,
          progress: bool = True) -> SweepResult:
    """Runs task(point, rng) in blocks 0, 1, 2, ... on every point until enough errors are counted.

    task: returns how often what happened in one block, {"errors": 3, "trials": 1000}, any names, whole numbers 0 to
        2^63 - 1. It must depend on its arguments alone and draw random numbers from `rng` only. Blocks of 0.1 to 10 s
        keep the cost of handing them over small. For an executor in other processes it must be picklable: a function
        of a module, or functools.partial of one.
    grid: names to values, of which every combination is a point (a dict), the last name fastest; or the points
        themselves, whatever JSON can hold (1 and 1.0 are two points). The same point twice is a ValueError.
    executor: any concurrent.futures.Executor; it is not shut down. None: this thread.
    seed: any int >= 0. `rng` is a NumPy Generator on Philox, keyed by seed, point and block: a point has the same
        counts in every grid. (A NumPy release may change what its Generators draw, NEP 19.)
    stop_at, counter: a point ends with the block in which its sum of `counter` reaches stop_at ...
    max_blocks: ... or with this many blocks. Blocks are counted in their order: those behind the last are discarded,
        whenever they end, and so the result does not depend on the executor.
    results: a file that is appended to and read again. Blocks that it holds are not run again, so that a sweep goes on
        after a stop, or with more errors or points. ResultsFileError if it is of another sweep (task or seed), is in
        use, or damaged: a last line without its end is cut off, any other line whose checksum does not fit is named
        and refused; without that line the file is good again, and the block is run again.
    name: what the file calls the task. By default its module and name (in the program itself the file's name, in a
        notebook __main__) and a digest of what is bound to it, as arguments of functools.partial or as the object of a
        method: of all that pickle would store, by value, so that it is the same in every process, and another one for
        other values. ValueError, with a results file only, for a task that has none: lambdas and local functions (as
        task or as argument), what cannot be pickled, what holds itself. Give a name then, and another for other
        arguments: these are no longer compared. What the task does never is: rename it when that changes.
    in_flight: blocks handed out at once, by default twice the executor's workers.
    progress: a bar on stderr, if that is a terminal.

    What the task raises becomes a TaskError; what is already counted is in the file. So it is after an interrupt,
    which lets running blocks end unseen.
    """
    points = _points(grid)
    _check_limits(seed, stop_at, max_blocks, in_flight)
    header: dict[str, Any] = {"seed": operator.index(seed)}
    if results is not None:
        header |= identity(task) if name is None else {"task": name}
    tallies = [_Tally(point, counter, stop_at, max_blocks) for point in points]
    with ExitStack() as stack:
        file = None if results is None else stack.enter_context(ResultsFile(results, header))
        if file is not None:
            for tally in tallies:
                tally.restore(file.blocks.get(tally.key, {}))
        bar = Progress(len(points), progress)
        runner = functools.partial(_run_block, task, operator.index(seed))
        with closing(_run_here(runner, tallies) if executor is None else _run_on(executor, in_flight, runner, tallies)
                     ) as done:
            for tally, block, counts in done:
                tally.add(block, counts)
                if file is not None:
                    file.append(tally.key, block, counts)
                bar.update(sum(t.share for t in tallies) / len(tallies), sum(t.finished for t in tallies),
                           sum(t.blocks for t in tallies))
        bar.end(sum(t.finished for t in tallies), sum(t.blocks for t in tallies))
    return SweepResult(tuple(Point(t.point, t.blocks, t.counts, t.enough) for t in tallies), counter)


class _Tally:
    """One point: counts its blocks in their order, whenever they come."""

    def __init__(self, point: Any, counter: str, stop_at: int, max_blocks: int) -> None:
        self.point = point
        self.key = canonical(point)
        self.blocks = 0
        self.counts: dict[str, int] = {}
        self.running: set[int] = set()
        self._early: dict[int, Mapping[str, int]] = {}  # done, but an earlier block is not
        self._counter = counter
        self._stop_at = stop_at
        self._max_blocks = max_blocks

    @property
    def enough(self) -> bool:
        return self.counts.get(self._counter, 0) >= self._stop_at

    @property
    def finished(self) -> bool:
        return self.enough or self.blocks >= self._max_blocks

    @property
    def share(self) -> float:
        return min(1.0, max(self.counts.get(self._counter, 0) / self._stop_at, self.blocks / self._max_blocks))

    def restore(self, known: Mapping[int, Mapping[str, int]]) -> None:
        self._early.update(known)
        self._count()

    def add(self, block: int, counts: Mapping[str, int]) -> None:
        self.running.discard(block)
        self._early[block] = counts
        self._count()

    def next_block(self) -> int | None:
        """The first block that is neither counted, done nor running; None if there is no more to do."""
        if self.finished:
            return None
        block = self.blocks
        while block in self.running or block in self._early:
            block += 1
        return block if block < self._max_blocks else None

    def _count(self) -> None:
        while not self.finished and self.blocks in self._early:
            counts = self._early.pop(self.blocks)
            if self._counter not in counts:
                raise TaskError(f"block {self.blocks} of {self.key}: no counter {self._counter!r} in {counts}")
            for name, count in counts.items():
                self.counts[name] = self.counts.get(name, 0) + count
            self.blocks += 1


_Runner = Callable[[Any, int], dict[str, int]]
_Done = Generator[tuple[_Tally, int, dict[str, int]], None, None]


def _run_here(runner: _Runner, tallies: list[_Tally]) -> _Done:
    for tally in tallies:
        while (block := tally.next_block()) is not None:
            yield tally, block, runner(tally.point, block)


def _run_on(executor: Executor, in_flight: int | None, runner: _Runner, tallies: list[_Tally]) -> _Done:
    limit = in_flight or 2 * _workers(executor)
    cancels = not hasattr(executor, "_client")  # dask logs an error for each future that is cancelled as it ends
    done: queue.SimpleQueue[Future[dict[str, int]]] = queue.SimpleQueue()
    running: dict[Future[dict[str, int]], tuple[_Tally, int]] = {}
    try:
        while True:
            while len(running) < limit and (order := _next(tallies)) is not None:
                tally, block = order
                tally.running.add(block)
                future = executor.submit(runner, tally.point, block)
                running[future] = order
                future.add_done_callback(done.put)
            if not running:
                return
            future = done.get()
            tally, block = running.pop(future)
            if future.cancelled():  # its point ended while it waited
                tally.running.discard(block)
                if not tally.finished:
                    raise TaskError(f"block {block} of {tally.key} was cancelled")
                continue
            yield tally, block, future.result()
            if tally.finished and cancels:
                for other in [other for other, (owner, _) in running.items() if owner is tally]:
                    other.cancel()
    finally:
        for future in list(running):
            future.cancel()


def _next(tallies: list[_Tally]) -> tuple[_Tally, int] | None:
    # The unfinished point with the fewest blocks under way: what is run ahead of the count may be discarded.
    best: tuple[int, _Tally, int] | None = None
    for tally in tallies:
        ahead = len(tally.running)
        if (best is None or ahead < best[0]) and (block := tally.next_block()) is not None:
            best = ahead, tally, block
            if ahead == 0:
                break
    return None if best is None else best[1:]


def _workers(executor: Executor) -> int:
    # Executors have no common way to say how many workers they have; dask's knows its cluster.
    for attribute in ("_max_workers", "num_workers"):
        count = getattr(executor, attribute, None)
        if isinstance(count, int) and count > 0:
            return count
    client = getattr(executor, "_client", None)
    threads = sum(client.nthreads().values()) if client is not None else 0
    return threads or os.cpu_count() or 1


def _run_block(task: Task, seed: int, point: Any, block: int) -> dict[str, int]:
    # In the worker. The point's text is hashed into the key, so that its place in the grid does not matter.
    where = f"block {block} of {canonical(point)}"
    digest = hashlib.sha256(canonical(point).encode()).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4))
    sequence = np.random.SeedSequence(seed, spawn_key=(*words, block))
    try:
        counts = task(point, np.random.Generator(np.random.Philox(sequence)))
    except Exception as error:
        raise TaskError(f"{where}: {type(error).__name__}: {error}") from error
    try:
        plain = {str(name): operator.index(count) for name, count in counts.items()}
    except (AttributeError, TypeError) as error:
        raise TaskError(f"{where}: returned {counts!r}, must be a mapping of names to whole numbers") from error
    if not plain or not all(0 <= count <= MAX_COUNT for count in plain.values()):
        raise TaskError(f"{where}: returned {plain}, must be counts from 0 to 2^63 - 1")
    return plain


def _points(grid: Mapping[str, Iterable[Any]] | Iterable[Any]) -> list[Any]:
    if isinstance(grid, Mapping):
        names = list(_plain(grid))
        for name, values in grid.items():
            if not isinstance(values, Iterable):
                raise TypeError(f"grid: {name!r} is {values!r}, must be a list of values")
        points: list[Any] = [dict(zip(names, values)) for values in itertools.product(*grid.values())]
    else:
        points = list(grid)
    points = [_plain(point) for point in points]
    if not points:
        raise ValueError("grid: has no point")
    keys = []
    for point in points:
        try:
            keys.append(canonical(point))
        except (TypeError, ValueError) as error:
            raise type(error)(f"grid: {point!r} is not made of numbers, text and lists of these: {error}") from None
    (key, count), = collections.Counter(keys).most_common(1)
    if count > 1:
        raise ValueError(f"grid: has the point {key} {count} times")
    return points


def _plain(value: Any) -> Any:
    # NumPy's numbers as Python's own, which JSON knows; tuples as lists, which is what the file gives back.
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        plain = {str(key): _plain(item) for key, item in value.items()}
        if len(plain) != len(value):
            raise ValueError(f"grid: {value!r} has two names that are the same as text")
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _check_limits(seed: int, stop_at: int, max_blocks: int, in_flight: int | None) -> None:
    if operator.index(seed) < 0:
        raise ValueError(f"seed: {seed}, must be at least 0")
    for name, value in (("stop_at", stop_at), ("max_blocks", max_blocks), ("in_flight", in_flight or 1)):
        if operator.index(value) < 1:
            raise ValueError(f"{name}: {value}, must be at least 1")
