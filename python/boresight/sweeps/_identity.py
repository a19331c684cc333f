"""What a task is, for the results file: its name, and a digest of all that is bound to it.

The digest goes through the parts that pickle would store (objects by their __reduce_ex__, functions and classes by
name), but hashes values where pickle stores how they came about: which of two equal strings are one object, the order
of sets, and of the keys of dictionaries. So it is the same in every process. Parts that only their address tells
apart (lambdas, local functions, open files) have none. A library that after an update stores its objects in another way
changes it, which is on the safe side: the file is refused.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
import types
from pathlib import Path
from typing import Any, Iterable

import numpy as np


def identity(task: Any) -> dict[str, str]:
    """{"task": the function's name} and, where arguments or an object are bound to it, {"state": their digest}.

    ValueError for a task that another process could not know again.
    """
    function = task
    while isinstance(function, functools.partial):
        function = function.func
    try:
        name = _global_name(function)
        state = {} if function is task and name else {"state": _Digest().of(task).hex()[:32]}
    except Exception as error:  # what an object's own __reduce_ex__ raises may be anything
        cause = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"name: must be given, for the results file cannot tell this task from others: {cause}"
                         ) from error
    if name is None:
        kind: Any = function.__func__ if isinstance(function, types.MethodType) else type(function)
        name = f"{_module(kind)}.{kind.__qualname__}"
    return {"task": name, **state}


def _module(value: Any) -> str:
    # The program's own module has the name that it would be imported by: two programs' tasks are not the same.
    name = str(value.__module__)
    if name != "__main__":
        return name
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)  # a notebook has none
    return Path(file).stem if file else name


def _global_name(value: Any) -> str | None:
    # The name by which any process finds this very object: of functions and classes of modules.
    qualified = getattr(value, "__qualname__", None)
    module = getattr(value, "__module__", None)
    if not isinstance(qualified, str) or not isinstance(module, str) or not _is_found(value, module, qualified):
        return None
    return f"{_module(value)}.{qualified}"


def _is_found(value: Any, module: str, qualified: str) -> bool:
    found: Any = sys.modules.get(module)
    for part in qualified.split("."):
        found = getattr(found, part, None)
    return found is value


def _hash(tag: str, *parts: bytes) -> bytes:
    sha = hashlib.sha256(tag.encode())
    for part in parts:
        sha.update(b"%d:" % len(part))
        sha.update(part)
    return sha.digest()


class _Digest:
    def __init__(self) -> None:
        self._done: dict[int, tuple[Any, bytes]] = {}  # by address; holds the objects so that none is reused
        self._open: set[int] = set()

    def of(self, value: Any) -> bytes:
        kind = type(value)
        if value is None or kind in (bool, float, complex):
            return _hash(kind.__name__, repr(value).encode())
        if kind is int:
            return _hash("int", hex(value).encode())
        if kind is str:
            return _hash("str", value.encode(errors="surrogatepass"))
        if kind is bytes:
            return _hash("bytes", value)
        if id(value) in self._done:
            return self._done[id(value)][1]
        if id(value) in self._open:
            raise TypeError(f"{_short(value)} holds itself")
        self._open.add(id(value))
        digest = self._of_parts(value, kind)
        self._open.discard(id(value))
        self._done[id(value)] = value, digest
        return digest

    def _of_parts(self, value: Any, kind: type) -> bytes:
        if kind in (tuple, list):
            return _hash(kind.__name__, *map(self.of, value))
        if kind is dict:
            return _hash("dict", *sorted(self.of(key) + self.of(item) for key, item in value.items()))
        if isinstance(value, (set, frozenset)):
            return _hash("set", self.of(kind), self.of(getattr(value, "__dict__", None)), *sorted(map(self.of, value)))
        if kind is np.ndarray and not value.dtype.hasobject:
            layout = value.dtype.str if value.dtype.names is None else repr(value.dtype.descr)
            return _hash("array", layout.encode(), repr(value.shape).encode(), value.tobytes())
        name = _global_name(value)
        if name is not None:
            return _hash("global", name.encode())
        if isinstance(value, (type, types.FunctionType)):
            raise TypeError(f"{_short(value)} is not found by its name")
        reducer = copyreg.dispatch_table.get(kind)
        reduced = value.__reduce_ex__(4) if reducer is None else reducer(value)
        if isinstance(reduced, str):  # the name of a global, such as np.add
            if not any(_is_found(value, module, reduced) for module in list(sys.modules)):
                raise TypeError(f"{_short(value)} is not found by its name")
            return _hash("named", self.of(kind), reduced.encode())
        make, arguments, state, items, pairs, setter = (*reduced, None, None, None, None)[:6]
        return _hash("object", self.of(make), self.of(arguments), self.of(state), self._of_all(items),
                     self._of_all(pairs), self.of(setter))

    def _of_all(self, items: Iterable[Any] | None) -> bytes:
        return self.of(None if items is None else list(items))


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # a repr may raise anything
        text = f"a {type(value).__qualname__}"
    return text if len(text) <= 100 else text[:97] + "..."
