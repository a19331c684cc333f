"""Packages that only some modules need. `import boresight` needs NumPy alone."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, user: str, extra: str) -> Any:
    """The module of that name, imported now; an ImportError that says what to install if it is not there."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # it is there, and something that it needs itself is not
        raise ImportError(
            f"{user} needs {package}, which is not installed: pip install boresight[{extra}]", name=package
        ) from error
