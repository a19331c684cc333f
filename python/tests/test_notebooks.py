import json
import os
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


class NotebooksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Nothing of the user's own settings, and nothing left in them.
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
            path = Path(folder.name) / name.lower()
            path.mkdir()
            old = os.environ.get(name)
            os.environ[name] = str(path)
            cls.addClassCleanup(os.environ.pop, name) if old is None else cls.addClassCleanup(
                os.environ.__setitem__, name, old)
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else every kernel prints a warning of its debugger

    def check(self, name, figures):
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        NotebookClient(notebook, timeout=60, kernel_name="python3",
                       resources={"metadata": {"path": NOTEBOOKS}}).execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        self.assertEqual(sum("image/png" in output.get("data", {}) for output in outputs), figures)
        for output in outputs:
            self.assertNotEqual(output.get("name"), "stderr", output)  # warnings
        # What a notebook claims, it asserts.
        self.assertIn("assert ", "".join(cell.source for cell in notebook.cells if cell.cell_type == "code"))

    def test_steer_and_null(self):
        self.check("steer_and_null", 4)

    def test_find_the_jammer(self):
        self.check("find_the_jammer", 2)

    def test_receive_ku_stage_by_stage(self):
        self.check("receive_ku_stage_by_stage", 5)

    def test_decode_wifi_from_a_recording(self):
        self.check("decode_wifi_from_a_recording", 3)

    def test_error_rate_against_theory(self):
        self.check("error_rate_against_theory", 1)

    def test_satellite_pass(self):
        self.check("satellite_pass", 2)

    def test_are_stored_without_output_and_all_are_run(self):
        paths = sorted(NOTEBOOKS.glob("*.ipynb"))
        self.assertEqual([path.stem for path in paths],
                         sorted(name.removeprefix("test_") for name in dir(self)
                                if name.startswith("test_") and name != self._testMethodName))
        for path in paths:
            content = json.loads(path.read_text())
            nbformat.validate(content)
            for cell in content["cells"]:
                if cell["cell_type"] == "code":
                    self.assertEqual((cell["outputs"], cell["execution_count"]), ([], None))


if __name__ == "__main__":
    unittest.main()
