"""A line on the terminal that says how far the sweep is."""

from __future__ import annotations

import sys
import time

_WIDTH = 24
_INTERVAL_S = 0.1


class Progress:
    """Draws on stderr, if that is a terminal and `wanted`; otherwise does nothing."""

    def __init__(self, points: int, wanted: bool) -> None:
        self._points = points
        self._shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._start_s = time.monotonic()
        self._next_s = self._start_s

    def update(self, done: float, finished_points: int, blocks: int) -> None:
        """`done`: share of the work, 0..1, counting unfinished points by how near they are to a limit."""
        now_s = time.monotonic()
        if self._shown and now_s >= self._next_s:
            self._next_s = now_s + _INTERVAL_S
            self._draw(done, finished_points, blocks, now_s)

    def end(self, finished_points: int, blocks: int) -> None:
        """Draws the last state and leaves the line."""
        if self._shown:
            self._draw(finished_points / max(1, self._points), finished_points, blocks, time.monotonic())
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _draw(self, done: float, finished_points: int, blocks: int, now_s: float) -> None:
        bar = "#" * int(done * _WIDTH)
        seconds = int(now_s - self._start_s)
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        sys.stderr.write(f"\r[{bar:.<{_WIDTH}}] {finished_points}/{self._points} points  {blocks} blocks  {clock} ")
        sys.stderr.flush()
