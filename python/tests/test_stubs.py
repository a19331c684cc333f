"""The type stubs: that they name what is there, and that mypy is content with them and with the examples."""

import ast
import importlib
import inspect
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import boresight

MODULES = ["array", "beam", "doa", "sync", "ofdm", "modem", "fec", "frame", "rx", "tx", "sim", "sdr"]
SOURCES = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = pathlib.Path(boresight.__file__).resolve().parent


def mypy(*arguments):
    with tempfile.TemporaryDirectory() as cache:
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *map(str, arguments)],
            capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        )


class NamesTest(unittest.TestCase):
    def stub_names(self, body):
        names = {}
        for node in body:
            if isinstance(node, ast.ClassDef):
                names[node.name] = self.stub_names(node.body)
            elif isinstance(node, ast.FunctionDef):
                names[node.name] = None
            elif isinstance(node, ast.AnnAssign):
                names[node.target.id] = None
        return names

    def class_names(self, cls):
        names = {}
        for key, value in vars(cls).items():
            if inspect.isclass(value):
                names[key] = self.class_names(value)
            elif not key.startswith("_") or key in ("__len__", "__enter__", "__exit__", "__eq__"):
                names[key] = None
            elif key == "__init__" and str(value.__doc__).startswith("__init__("):
                names[key] = None
        if hasattr(cls, "__members__"):
            for key in ("__init__", "__members__", "__int__", "__index__", "__eq__", "name", "value"):
                names.pop(key, None)
        return names

    def compare(self, path, stub, runtime):
        if isinstance(runtime, dict) and "__init__" not in runtime:
            stub = {k: v for k, v in stub.items() if k not in ("__init__", "__members__", "__int__", "__index__", "name", "value")} \
                if "__members__" in stub else stub
        self.assertEqual(sorted(stub), sorted(runtime), path)
        for key, value in runtime.items():
            if isinstance(value, dict):
                self.compare(f"{path}.{key}", stub[key], value)

    def test_stubs_name_what_is_there(self):
        for name in MODULES:
            module = importlib.import_module(f"boresight.{name}")
            stub = self.stub_names(ast.parse((PACKAGE / f"{name}.pyi").read_text()).body)
            stub.pop("__all__", None)
            runtime = {}
            for key in module.__all__:
                value = getattr(module, key)
                runtime[key] = self.class_names(value) if inspect.isclass(value) else None
            self.compare(name, {k: v for k, v in stub.items() if not k.startswith("_")}, runtime)


class MypyTest(unittest.TestCase):
    def test_package_is_typed(self):
        self.assertTrue((PACKAGE / "py.typed").exists())

    def test_stubs_and_examples_are_clean(self):
        stubs = [PACKAGE / f"{name}.pyi" for name in [*MODULES, "_core"]]
        for checked in (stubs, sorted((SOURCES / "examples").glob("*.py"))):
            result = mypy(*checked)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_mypy_finds_mistakes(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder) / "wrong.py"
            wrong.write_text(
                "import numpy as np\n"
                "from boresight import beam\n"
                "beam.Beamformer(elements='four')\n"
                "b = beam.Beamformer(elements=4); b.process(np.zeros((4, 5), np.float64))\n"
                "b.no_such_thing()\n"
            )
            result = mypy(wrong)
        for line in (3, 4, 5):
            self.assertIn(f"wrong.py:{line}: error", result.stdout)


class ExampleTest(unittest.TestCase):
    def setUp(self):
        sys.path.insert(0, str(SOURCES / "examples"))

    def tearDown(self):
        sys.path.remove(str(SOURCES / "examples"))

    def test_steer_and_null(self):
        import steer_and_null

        depths = steer_and_null.main()
        self.assertGreater(depths["conventional"], -40)
        self.assertLess(depths["null steered"], -150)
        self.assertLess(depths["adaptive"], -50)

    def test_receive_file(self):
        import receive_file

        scenario = "driver=boresight,scenario=clear_sky,realtime=0"
        self.assertEqual(len(receive_file.main(scenario, 3.0)), 1_000_000)


if __name__ == "__main__":
    unittest.main()
