#!/usr/bin/env python3
"""Writes the type stubs of the compiled modules from the signatures in their docstrings.

    PYTHONPATH=build/release/python /usr/bin/python3 python/tools/make_stubs.py [FOLDER]

FOLDER: python/boresight. Run it after a change to python/src; a test compares the names in the stubs with the
module's. pybind11 2.10 to 2.13 write the signatures that it reads.
"""

import importlib
import inspect
import pathlib
import re
import sys

MODULES = ["array", "beam", "doa", "sync", "ofdm", "modem", "fec", "frame", "rx", "tx", "sim", "sdr"]
HEADER = '''"""Type stubs, written by python/tools/make_stubs.py."""

'''


def split_top(text, separator=","):
    """Splits at separators that are in no bracket and no quotes."""
    parts, depth, start, quote, i = [], 0, 0, "", 0
    while i < len(text):
        c = text[i]
        if quote:
            if c == quote:
                quote = ""
        elif c in "'\"":
            quote = c
        elif text.startswith("->", i):
            i += 1
        elif c in "([{<":
            depth += 1
        elif c in ")]}>":
            depth -= 1
        elif c == separator and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    tail = text[start:].strip()
    return parts + [tail] if tail else parts


def signatures(name, doc):
    """The signatures that pybind11 put into a docstring, as (arguments, result)."""
    found = []
    for line in (doc or "").splitlines():
        match = re.match(rf"(?:\d+\. )?{re.escape(name)}\((.*)\) -> (.*)$", line)
        if match and match.group(1) != "*args, **kwargs":
            found.append((split_top(match.group(1)), match.group(2)))
        elif match and "Overloaded function." not in doc:
            found.append((["self", "*args", "**kwargs"], match.group(2)))
    return found


class Writer:
    def __init__(self, module):
        self.module = module
        self.imports = set()
        self.lines = []

    def type_of(self, text, place):
        """`place`: argument, result or field."""
        text = text.strip()
        match = re.match(r"^(\w[\w.]*)\[(.*)\]$", text)
        if match and match.group(1) == "numpy.ndarray":
            dtype = match.group(2).split(",")[0].removeprefix("numpy.")
            if dtype == "float64" and place == "argument":
                return "ArrayLike"
            return f"NDArray[np.{dtype}]"
        if match:
            outer, inner = match.group(1), [self.type_of(part, place) for part in split_top(match.group(2))]
            if outer == "Optional":
                return f"{inner[0]} | None"
            if outer == "Union":
                return " | ".join(inner)
            if outer == "List":
                return f"{'list' if place == 'result' else 'Sequence'}[{', '.join(inner)}]"
            if outer == "Tuple":
                return f"tuple[{', '.join(inner)}]"
            raise ValueError(f"unknown type {text}")
        if text == "Samples":
            return "NDArray[np.complex64] | NDArray[np.int16] | NDArray[np.int8]"
        if text == "bytes" and place == "argument":
            return "bytes | bytearray | memoryview | NDArray[np.uint8]"
        if text in ("os.PathLike", "Path", "pathlib.Path"):
            return "pathlib.Path" if place == "result" else "str | os.PathLike[str]"
        if text == "object":
            return "Any"
        if text == "numpy.ndarray":
            return "NDArray[Any]"
        if text in ("int", "float", "bool", "str", "complex", "None", "bytes", "tuple", "list", "dict"):
            return {"list": "list[Any]", "dict": "dict[str, Any]", "tuple": "tuple[Any, ...]"}.get(text, text)
        match = re.match(r"^boresight\.(\w+)\.(.+)$", text)
        if match and match.group(1) in MODULES:
            if match.group(1) == self.module:
                return match.group(2)
            self.imports.add(match.group(1))
            return f"_{match.group(1)}.{match.group(2)}"
        raise ValueError(f"unknown type {text!r} in boresight.{self.module}")

    def argument(self, text):
        match = re.match(r"^(\**\w+)(?:: (.*))?$", text, re.DOTALL)
        name, rest = match.group(1), match.group(2)
        if rest is None:
            return name if name in ("self", "*args", "**kwargs") else f"{name}: Any"
        # The default begins at the first " = " outside of brackets.
        depth, cut = 0, None
        for i, c in enumerate(rest):
            depth += (c in "([{<") - (c in ")]}>")
            if depth == 0 and rest.startswith(" = ", i):
                cut = i
                break
        kind = self.type_of(rest if cut is None else rest[:cut], "argument")
        if cut is None:
            return f"{name}: {kind}"
        default = rest[cut + 3 :]
        if default == "None" and not kind.endswith("| None"):
            kind += " | None"
        simple = re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?|True|False|None|'[^']*'", default)
        return f"{name}: {kind} = {default if simple else '...'}"

    def function(self, name, doc, indent, method, config=None):
        found = signatures(name, doc)
        if not found:
            raise ValueError(f"no signature of {name}: {doc!r}")
        for arguments, result in found:
            texts = []
            if config is not None and "*args" in arguments:
                self.config_init(config, indent, len(found) > 1)
                continue
            for i, argument in enumerate(arguments):
                if method and i == 0:
                    texts.append("self")
                elif config is not None and argument == "**kwargs":
                    texts += ["*", *self.fields_as_arguments(config)]
                elif name.startswith("__") and re.match(r"^arg\d+: ", argument):
                    texts.append("__" + self.argument(argument))
                else:
                    texts.append(self.argument(argument))
            if name == "__eq__":
                texts = ["self", "other: object"]
            pad = "    " * indent
            if len(found) > 1:
                self.lines.append(f"{pad}@overload")
            kind = "None" if name == "__init__" else self.type_of(result, "result")
            self.lines.append(f"{pad}def {name}({', '.join(texts)}) -> {kind}: ...")

    def fields_as_arguments(self, config):
        return [f"{n}: {self.field_type(config, n, 'argument')} = ..." for n in config.__match_args__]

    def config_init(self, config, indent, overloaded):
        """X(config) and X(field=...)."""
        pad = "    " * indent
        own = config.__qualname__ if config.__module__ == f"boresight.{self.module}" else self.type_of(
            f"{config.__module__}.{config.__qualname__}", "argument")
        fields = ", ".join(self.fields_as_arguments(config))
        self.lines += [f"{pad}@overload", f"{pad}def __init__(self, config: {own}) -> None: ...",
                       f"{pad}@overload", f"{pad}def __init__(self, {fields}) -> None: ..."]

    def field_type(self, cls, name, place):
        doc = inspect.getattr_static(cls, name).fget.__doc__
        match = re.search(r"\) -> (.*)$", doc.splitlines()[0])
        return self.type_of(match.group(1), place)

    def cls(self, cls, indent):
        pad, inner = "    " * indent, "    " * (indent + 1)
        bases = [b for b in cls.__bases__ if b.__module__.startswith("boresight")]
        base = f"({', '.join(b.__name__ for b in bases)})" if bases else ""
        self.lines.append(f"{pad}class {cls.__name__}{base}:")
        if hasattr(cls, "__members__"):
            for member in cls.__members__:
                self.lines.append(f"{inner}{member}: ClassVar[{cls.__qualname__}]")
            self.lines += [
                f"{inner}__members__: ClassVar[dict[str, {cls.__qualname__}]]",
                f"{inner}def __init__(self, value: int) -> None: ...",
                f"{inner}def __int__(self) -> int: ...",
                f"{inner}def __index__(self) -> int: ...",
                f"{inner}@property",
                f"{inner}def name(self) -> str: ...",
                f"{inner}@property",
                f"{inner}def value(self) -> int: ...",
            ]
            return
        before = len(self.lines)
        for name, value in cls.__dict__.items():
            if inspect.isclass(value):
                self.cls(value, indent + 1)
        for name, value in sorted(cls.__dict__.items()):
            if inspect.isclass(value):
                continue
            if isinstance(value, property):
                kind = self.field_type(cls, name, "field" if value.fset else "result")
                if value.fset:
                    self.lines.append(f"{inner}{name}: {kind}")
                else:
                    self.lines += [f"{inner}@property", f"{inner}def {name}(self) -> {kind}: ..."]
            elif name == "__init__" and not (value.__doc__ or "").startswith("__init__("):
                continue  # made by the library only
            elif name == "__init__":
                config = cls.Config if "Config" in cls.__dict__ else cls
                if not hasattr(config, "__match_args__"):
                    config = None
                text = value.__doc__ or ""
                if re.search(r"\(self: [^,]+, \*args, \*\*kwargs\)", text) and config is None:
                    config = CONFIG_OF[cls.__qualname__]()
                self.function(name, text, indent + 1, True, config)
            elif name in ("__enter__",):
                self.lines.append(f"{inner}def __enter__(self: _Self) -> _Self: ...")
            elif name in ("__exit__",):
                self.lines.append(f"{inner}def __exit__(self, *args: object) -> None: ...")
            elif name in ("__len__", "__eq__") and callable(value):
                self.function(name, value.__doc__, indent + 1, True)
            elif name.startswith("_") or name in ("__match_args__",):
                continue
            elif isinstance(value, staticmethod):
                self.lines.append(f"{inner}@staticmethod")
                self.function(name, value.__func__.__doc__, indent + 1, False)
            elif callable(value):
                self.function(name, value.__doc__, indent + 1, True)
            else:
                self.lines.append(f"{inner}{name}: ClassVar[{type(value).__name__}]")
        if len(self.lines) == before:
            self.lines.append(f"{inner}...")

    def text(self):
        module = importlib.import_module(f"boresight.{self.module}")
        names = [n for n in module.__all__ if n != "annotations"]
        for name in names:
            value = getattr(module, name)
            if inspect.isclass(value):
                self.lines.append("")
                self.cls(value, 0)
        self.lines.append("")
        for name in names:
            value = getattr(module, name)
            if inspect.isclass(value):
                continue
            if callable(value):
                self.function(name, value.__doc__, 0, False)
            elif isinstance(value, tuple):
                self.lines.append(f"{name}: tuple[int, ...]")
            else:
                self.lines.append(f"{name}: {type(value).__name__}")
        body = "\n".join(self.lines)
        typing = [n for n in ("Any", "ClassVar", "TypeVar", "overload") if n in body or n == "TypeVar" and "_Self" in body]
        head = []
        for library in ("os", "pathlib"):
            if f"{library}." in body:
                head.append(f"import {library}")
        if "Sequence[" in body:
            head.append("from collections.abc import Sequence")
        if typing:
            head.append(f"from typing import {', '.join(typing)}")
        if "np." in body:
            head += ["", "import numpy as np"]
        numpy_names = [n for n in ("ArrayLike", "NDArray") if n in body]
        if numpy_names:
            head.append(f"from numpy.typing import {', '.join(numpy_names)}")
        if self.imports:
            head.append("")
            head += [f"from . import {m} as _{m}" for m in sorted(self.imports)]
        if "_Self" in body:
            head += ["", '_Self = TypeVar("_Self")']
        exported = ", ".join(f'"{n}"' for n in names)
        return HEADER + "\n".join(head) + f"\n\n__all__ = [{exported}]\n" + body + "\n"


# Classes whose Config is another class's.
CONFIG_OF = {
    "MvdrSolver": lambda: importlib.import_module("boresight.beam").CovarianceFactor.Config,
    "LcmvSolver": lambda: importlib.import_module("boresight.beam").ConstraintSet.Config,
    "OfdmProbe": lambda: importlib.import_module("boresight.rx").OfdmReceiver.Config,
}

CORE = HEADER + '''import numpy as np
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
'''


def stubs():
    """File name to text."""
    texts = {f"{module}.pyi": Writer(module).text() for module in MODULES}
    texts["_core.pyi"] = CORE
    return texts


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent.parent / "boresight"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    for file, text in stubs().items():
        (folder / file).write_text(text)
