"""What holds for all that is written in Python: documented, typed."""

import importlib
import inspect
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import boresight

MODULES = ["orbit", "plot", "sweeps", "theory"]
PACKAGE = Path(boresight.__file__).resolve().parent


class PureTest(unittest.TestCase):
    def test_every_public_name_says_what_it_is(self):
        for module_name in MODULES:
            module = importlib.import_module(f"boresight.{module_name}")
            self.assertTrue(inspect.getdoc(module))
            for name in module.__all__:
                value = getattr(module, name)
                if not (inspect.isclass(value) or inspect.isfunction(value)):
                    continue  # the types Method and Task
                with self.subTest(f"{module_name}.{name}"):
                    self.assertRegex(value.__doc__ or "", r"\w{3}")
                    self.assertFalse((value.__doc__ or "").startswith(f"{name}("))  # a dataclass's own
                for key, member in vars(value).items() if inspect.isclass(value) else ():
                    if not key.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                        with self.subTest(f"{module_name}.{name}.{key}"):
                            self.assertRegex(inspect.getdoc(member) or "", r"\w{3}")

    def test_sweep_is_the_function_of_sweeps(self):
        self.assertIs(boresight.sweep, boresight.sweeps.sweep)
        with self.assertRaises(ImportError):
            importlib.import_module("boresight.sweep")

    def test_mypy_is_content(self):
        with tempfile.TemporaryDirectory() as cache:
            result = subprocess.run(
                [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", cache,
                 *(path for name in MODULES for path in (PACKAGE / name, PACKAGE / f"{name}.py") if path.exists()),
                 PACKAGE / "_extras.py"],
                capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(PACKAGE.parent)})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
