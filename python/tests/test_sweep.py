import concurrent.futures
import functools
import io
import json
import math
import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from pathlib import Path

import numpy as np

import boresight
from boresight import sweeps
from boresight.sweeps import ResultsFileError, TaskError, binomial_interval

TESTS = Path(__file__).resolve().parent
GRID = {"snr_db": [0.0, 3.0, 6.0], "scale": [1, 2]}
LIMITS = {"seed": 7, "stop_at": 60, "max_blocks": 40, "progress": False}


def bpsk(point, rng):
    """Bit errors of BPSK in white noise: Q(sqrt(2 SNR)). Blocks take different times, which mixes up their order."""
    bits = rng.integers(0, 2, 500)
    noise = rng.standard_normal(500) / math.sqrt(2 * 10 ** (point["snr_db"] / 10))
    wrong = np.count_nonzero((1 - 2 * bits + noise < 0) != bits)
    time.sleep(rng.random() * 2e-3)
    return {"trials": 500 * point["scale"], "errors": wrong * point["scale"], "first": int(rng.integers(2**40))}


def failing(point, rng):
    raise OSError("no antenna")


def dying(point, rng):
    if point["snr_db"] == 6.0:
        os._exit(1)
    return bpsk(point, rng)


def slow(point, rng):
    time.sleep(0.05)
    return bpsk(point, rng)


def by_hand(task, points, seed, stop_at, max_blocks):
    """The specification: in one loop, blocks in their order."""
    found = []
    for point in points:
        sums, block = {}, 0
        while block < max_blocks and sums.get("errors", 0) < stop_at:
            for name, count in sweeps._sweep._run_block(task, seed, point, block).items():
                sums[name] = sums.get(name, 0) + count
            block += 1
        found.append((point, block, sums))
    return found


def as_lists(result):
    return [(point.point, point.blocks, point.counts) for point in result.points]


POINTS = [{"snr_db": s, "scale": k} for s in GRID["snr_db"] for k in GRID["scale"]]


class ExecutorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.expected = by_hand(bpsk, POINTS, 7, 60, 40)

    def check(self, executor, **more):
        self.assertEqual(as_lists(boresight.sweep(bpsk, GRID, executor, **LIMITS, **more)), self.expected)

    def test_serial(self):
        self.check(None)
        # Points end for both reasons, so that both are compared.
        self.assertEqual({blocks == 40 for _, blocks, _ in self.expected}, {True, False})

    def test_threads(self):
        with concurrent.futures.ThreadPoolExecutor(4) as executor:
            self.check(executor)
            self.check(executor, in_flight=1)
            self.check(executor, in_flight=33)
            self.assertEqual(executor.submit(int, "5").result(), 5)  # it is still the caller's

    def test_processes(self):
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            self.check(executor)

    def test_any_order(self):
        class Backwards(concurrent.futures.Executor):
            """Collects for 20 ms what it is given and runs it last in, first out."""

            def __init__(self):
                self.waiting = []

            def submit(self, function, *arguments):
                future = concurrent.futures.Future()
                self.waiting.append((future, function, arguments))
                threading.Timer(0.02, self.run).start()
                return future

            def run(self):
                while self.waiting:
                    future, function, arguments = self.waiting.pop()
                    if future.set_running_or_notify_cancel():
                        future.set_result(function(*arguments))

        self.check(Backwards(), in_flight=7)

    def test_dask(self):
        from distributed import Client, LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                          dashboard_address=None) as cluster, Client(cluster) as client:
            self.check(client.get_executor())

    def test_mpi(self):
        command = ["mpiexec", "-n", "3", "--oversubscribe"]
        if os.geteuid() == 0:
            command.append("--allow-run-as-root")  # Open MPI refuses without it
        command += [sys.executable, "-m", "mpi4py.futures", str(TESTS / "sweep_mpi.py")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, f"MPI cannot run here ({' '.join(command)}):\n{done.stdout}{done.stderr}")
        self.assertEqual([tuple(point) for point in json.loads(done.stdout)], self.expected)


class CountingTest(unittest.TestCase):
    def test_a_point_has_its_counts_in_every_grid(self):
        whole = boresight.sweep(bpsk, GRID, **LIMITS)
        part = boresight.sweep(bpsk, [POINTS[4], POINTS[1]], **LIMITS)
        self.assertEqual(part.points, (whole.points[4], whole.points[1]))
        other = boresight.sweep(bpsk, GRID, **{**LIMITS, "seed": 8})
        self.assertFalse(np.array_equal(whole.count("first"), other.count("first")))

    def test_blocks_are_independent(self):
        firsts = {sweeps._sweep._run_block(bpsk, seed, point, block)["first"]
                  for seed in (0, 1) for point in POINTS for block in range(10)}
        self.assertEqual(len(firsts), 120)

    def test_the_stream_is_philox_keyed_by_seed_point_and_block(self):
        import hashlib

        key = np.frombuffer(hashlib.sha256(b'{"scale": 1, "snr_db": 0.0}').digest(), "<u4").tolist()
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(7, spawn_key=(*key, 3))))
        counts = bpsk(POINTS[0], rng)
        self.assertEqual(sweeps._sweep._run_block(bpsk, 7, POINTS[0], 3), counts)

    def test_is_the_theory(self):
        result = boresight.sweep(bpsk, {"snr_db": [0, 2, 4, 6], "scale": [1]}, stop_at=400, max_blocks=2000,
                                 progress=False, seed=3)
        low, high = result.interval(confidence=0.999)
        truth = [0.5 * math.erfc(math.sqrt(10 ** (snr / 10))) for snr in result.axis("snr_db")]
        self.assertTrue(np.all(low <= truth) and np.all(truth <= high), (low, truth, high))
        np.testing.assert_array_less(high / low, 1.45)
        np.testing.assert_array_equal(result.rate(), result.count() / result.count("trials"))
        self.assertTrue(all(point.enough for point in result.points))

    def test_what_cannot_be(self):
        for grid in ([], {"snr_db": []}, [1, 1], {"snr_db": [0.0, 0.0]}, [float("nan")], [{"1": 0, 1: 3}],
                     {"1": [0], 1: [3]}, [{"a": {None: 1, "None": 2}}]):
            with self.subTest(grid), self.assertRaises(ValueError):
                boresight.sweep(bpsk, grid, progress=False)
        for wrong in ({"stop_at": 0}, {"max_blocks": 0}, {"seed": -1}, {"in_flight": -1}):
            with self.subTest(wrong), self.assertRaises(ValueError):
                boresight.sweep(bpsk, GRID, progress=False, **wrong)
        with self.assertRaises(TypeError):
            boresight.sweep(bpsk, [np.zeros(3)], progress=False)

    def test_tasks_that_fail(self):
        with self.assertRaisesRegex(TaskError, r'block 0 of \{"scale": 1, "snr_db": 0.0\}: OSError: no antenna'):
            boresight.sweep(failing, GRID, progress=False)
        with concurrent.futures.ThreadPoolExecutor(2) as executor, self.assertRaisesRegex(TaskError, "no antenna"):
            boresight.sweep(failing, GRID, executor, progress=False)
        for wrong in (None, {}, {"errors": 1.5}, {"errors": -1}, {"errors": 2**63}, {"trials": 1}, [1]):
            with self.subTest(wrong), self.assertRaises(TaskError):
                boresight.sweep(lambda point, rng: wrong, [0], progress=False)


class ResultsFileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "results.jsonl"
        self.runs = 0

    def counted(self, point, rng):
        self.runs += 1
        return bpsk(point, rng)

    def run_sweep(self, **more):
        return boresight.sweep(self.counted, GRID, results=self.path, name="bpsk", **{**LIMITS, **more})

    def test_goes_on_at_every_line(self):
        expected = self.run_sweep()
        whole = self.path.read_bytes()
        lines = whole.splitlines(keepends=True)
        self.assertEqual(len(lines), 1 + self.runs)
        for kept in (0, 1, 2, len(lines) // 2, len(lines)):
            for torn in (b"", b'{"point": {"sc'):
                if kept == 0 and torn:
                    torn = lines[0][:20]
                self.path.write_bytes(b"".join(lines[:kept]) + torn)
                self.runs = 0
                self.assertEqual(self.run_sweep(), expected)
                self.assertEqual(self.runs, len(lines) - max(1, kept))
                self.assertEqual(self.path.read_bytes(), whole)

    def test_order_of_lines_and_extra_blocks_say_nothing(self):
        expected = self.run_sweep()
        lines = self.path.read_text().splitlines(keepends=True)
        self.run_sweep(stop_at=61)  # more blocks
        extra = self.path.read_text().splitlines(keepends=True)[len(lines):]
        self.assertGreater(len(extra), 0)
        self.path.write_text("".join([lines[0], *extra, *reversed(lines[1:])]))
        self.runs = 0
        self.assertEqual(self.run_sweep(), expected)
        self.assertEqual(self.runs, 0)

    def test_more_errors_and_points_later(self):
        self.run_sweep(stop_at=20)
        done = self.runs
        larger = self.run_sweep(stop_at=60)
        self.assertEqual(larger, boresight.sweep(bpsk, GRID, **LIMITS))
        self.assertLess(done, self.runs)
        self.assertEqual(self.runs, sum(point.blocks for point in larger.points))

    def test_refuses(self):
        self.run_sweep()
        good = self.path.read_bytes()
        lines = good.splitlines(keepends=True)
        for more in ({"seed": 8}, {"name": "qpsk"}):
            with self.assertRaisesRegex(ResultsFileError, "another sweep"):
                boresight.sweep(bpsk, GRID, results=self.path, **{**LIMITS, "name": "bpsk", **more})
        start = lines[1].replace(b'"trials": 500', b'"trials": 501').rpartition(b', "crc32"')[0]
        changed = b'%b, "crc32": "%08x"}\n' % (start, zlib.crc32(start))
        self.assertNotIn(start, lines[1])
        for content, message in (
            (b"my thesis", "line 1 is not the header"),
            (b"my thesis\n", "line 1 is not the header"),
            (b"{}\n", "line 1 is not the header"),
            (b'{"boresight_sweep": NaN}\n', "another sweep"),
            (b"[" * 100_000 + b"\n", "line 1 is not the header"),
            (b"x" * 2_000_000, "line 1 is longer"),
            (lines[0] + b"{}\n" + lines[1], "line 2 is not a result"),
            (lines[0] + lines[1][:10] + b"\n" + lines[2], "line 2 is not a result"),
            (lines[0] + b"\x00" * 50 + b"\n", "line 2 is not a result"),
            (lines[0] + lines[1].replace(b'"errors": ', b'"errors": -'), "line 2 is not a result"),
            (lines[0] + lines[1].replace(b'"block": 0', b'"block": true'), "line 2 is not a result"),
            (lines[0] + lines[1] + changed, "line 3 contradicts"),
            (lines[0] + lines[1].replace(b'"trials": 500', b'"trials": 400'), "line 2 is damaged"),
            (lines[0] + lines[1].rpartition(b', "crc32"')[0] + b"}\n", "line 2 is damaged"),
        ):
            self.path.write_bytes(content)
            with self.subTest(content[:40]), self.assertRaisesRegex(ResultsFileError, message):
                self.run_sweep()
            self.assertEqual(self.path.read_bytes(), content)  # and it is left as it was

    def test_one_sweep_at_a_time(self):
        def task(point, rng):
            for name in ("bpsk", "other"):
                with self.assertRaisesRegex(ResultsFileError, "another sweep is writing"):
                    boresight.sweep(bpsk, GRID, results=self.path, **LIMITS, name=name)
            code = ("import test_sweep as t, sys, boresight\n"
                    "boresight.sweep(t.bpsk, t.GRID, results=sys.argv[1], name='bpsk', **t.LIMITS)")
            done = subprocess.run([sys.executable, "-c", code, self.path], cwd=TESTS, capture_output=True, text=True)
            self.assertIn("another sweep is writing", done.stderr)
            return {"errors": 100}

        boresight.sweep(task, [0], results=self.path, name="bpsk", **LIMITS)

    def test_a_flipped_bit_is_never_counted(self):
        def task(point, rng):
            return {"errors": int(rng.integers(1, 30)), "trials": 100}

        def run():
            return boresight.sweep(task, [0.5, 1], results=self.path, name="flips", stop_at=40, progress=False)

        expected = run()
        good = self.path.read_bytes()
        refused = 0
        for place in range(len(good)):
            data = bytearray(good)
            data[place] ^= 1 << place % 8
            self.path.write_bytes(data)
            try:
                self.assertEqual(run(), expected)  # the last line's end: it is torn, and its block run again
            except ResultsFileError:
                refused += 1
                self.assertEqual(self.path.read_bytes(), data)
        self.assertEqual(refused, len(good) - 1)
        lines = good.splitlines(keepends=True)
        damaged = lines[2].replace(b'"trials": 100', b'"trials": 500')
        self.assertNotEqual(damaged, lines[2])
        self.path.write_bytes(b"".join([*lines[:2], damaged, *lines[3:]]))
        with self.assertRaisesRegex(ResultsFileError, "line 3 is damaged"):
            run()
        self.path.write_bytes(b"".join([*lines[:2], *lines[3:]]))  # as the message says
        self.assertEqual(run(), expected)

    def test_killed_and_resumed(self):
        code = ("import concurrent.futures as f, sys, test_sweep as t, boresight\n"
                "with f.ThreadPoolExecutor(2) as executor:\n"
                "    boresight.sweep(t.slow, t.GRID, executor, results=sys.argv[1], name='bpsk', **t.LIMITS)")
        kills = 0
        for wanted_lines in (3, 15, 30):
            process = subprocess.Popen([sys.executable, "-c", code, self.path], cwd=TESTS)
            while process.poll() is None:
                if self.path.exists() and self.path.read_bytes().count(b"\n") >= wanted_lines:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.002)
            kills += process.wait() == -signal.SIGKILL
        self.assertEqual(kills, 3)
        kept = self.path.read_bytes().count(b"\n") - 1
        result = self.run_sweep()
        self.assertEqual(as_lists(result), by_hand(bpsk, POINTS, 7, 60, 40))
        self.assertGreater(kept, 28)
        self.assertLess(self.runs, sum(point.blocks for point in result.points))

    def test_a_worker_dies(self):
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            with self.assertRaises(concurrent.futures.process.BrokenProcessPool):
                boresight.sweep(dying, GRID, executor, results=self.path, name="bpsk", **LIMITS)
        self.assertEqual(as_lists(self.run_sweep()), by_hand(bpsk, POINTS, 7, 60, 40))

    def test_killed_pool_does_not_hold_the_file(self):
        # Workers of a killed pool may live on; they must not keep the next run out.
        code = ("import concurrent.futures as f, sys, test_sweep as t, boresight\n"
                "with f.ProcessPoolExecutor(2) as executor:\n"
                "    boresight.sweep(t.slow, t.GRID, executor, results=sys.argv[1], name='bpsk', **t.LIMITS)")
        process = subprocess.Popen([sys.executable, "-c", code, self.path], cwd=TESTS, start_new_session=True)
        try:
            while not (self.path.exists() and self.path.read_bytes().count(b"\n") >= 5):
                self.assertIsNone(process.poll())
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertEqual(as_lists(self.run_sweep()), by_hand(bpsk, POINTS, 7, 60, 40))
        finally:
            os.killpg(process.pid, signal.SIGKILL)


class Study:
    def __init__(self, errors):
        self.errors = errors

    def run(self, point, rng):
        return {"errors": self.errors, "trials": 100}

    __call__ = run


def with_taps(point, rng, taps=None, gain=1):
    return {"errors": int(taps[1000]) + 1, "trials": 10}


def bound_tasks():
    """Tasks with all sorts of things bound to them, every one different from the others."""
    taps = np.zeros(2000)
    taps[1000] = 7  # where a repr has "..."
    line = boresight.array.Geometry.line
    values = [
        None, False, 0, 0.0, 0j, -0.0, "", b"", (), [], {}, set(), frozenset({"a"}), 10**5000, "a", ("a", "a"),
        ["a", "a"],
        np.zeros(2000), taps, taps.astype(np.float32), taps.reshape(2, 1000), np.float32(1), np.array(["a"], object),
        np.zeros(2, [("a", "<i4")]), np.zeros(2, [("b", "<i4")]), np.add, np.multiply, len, math.sin, Study, Study(5),
        Study(9), Study([Study(9)]), Path("a"), np.dtype(np.int8), np.random.default_rng(3), functools.partial(len),
        {"a": 1, "b": 2}, {"a": 2, "b": 1}, {f"name {i}" for i in range(50)}, [set("abcdef"), set("abcdefg")],
        boresight.modem.Modulation.qpsk, boresight.modem.Modulation.bpsk, line(4, 0.1), line(4, 0.2),
        concurrent.futures.FIRST_COMPLETED, np.datetime64("2026-01-01"), Study.run,
    ]
    return ([functools.partial(with_taps, taps=value) for value in values]
            + [functools.partial(with_taps, gain=value) for value in values[:3]]
            + [functools.partial(bpsk), Study(5).run, Study(9).run, Study(5), Study(9), Study(5).__call__])


class IdentityTest(unittest.TestCase):
    def states(self, tasks):
        return [sweeps._identity.identity(task) for task in tasks]

    def test_functions_have_their_name(self):
        self.assertEqual(sweeps._identity.identity(bpsk), {"task": "test_sweep.bpsk"})
        self.assertEqual(sweeps._identity.identity(Study(5).run)["task"], "test_sweep.Study.run")
        self.assertEqual(sweeps._identity.identity(Study(5))["task"], "test_sweep.Study")
        self.assertEqual(sweeps._identity.identity(functools.partial(bpsk, 1))["task"], "test_sweep.bpsk")

    def test_other_values_are_other_tasks(self):
        found = [tuple(sorted(state.items())) for state in self.states(bound_tasks())]
        again = found[:-1]  # Study(5).__call__ is Study(5).run by another name
        self.assertEqual(len(set(again)), len(again))

    def test_equal_values_are_the_same_task(self):
        one = {"names": ["ab", "ab"], "x": np.arange(6.0).reshape(2, 3), "set": set("abc")}
        other = {"set": set("cba"), "x": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
                 "names": ["ab", "".join(["a", "b"])]}  # another order, layout, and two objects where there was one
        first, second = self.states([functools.partial(with_taps, taps=one), functools.partial(with_taps, taps=other)])
        self.assertEqual(first, second)
        deep = "end"
        for _ in range(60):
            deep = [deep, deep]  # 2^60 leaves, 60 objects
        self.assertEqual(len(self.states([functools.partial(with_taps, taps=deep)])), 1)

    def test_is_the_same_in_every_process(self):
        expected = self.states(bound_tasks())
        code = "import json, test_sweep as t; print(json.dumps(t.IdentityTest().states(t.bound_tasks())))"
        for seed in ("0", "1", "2"):
            done = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=True,
                                  env={**os.environ, "PYTHONHASHSEED": seed})
            self.assertEqual(json.loads(done.stdout), expected)

    def test_the_program_has_the_name_of_its_file(self):
        code = ("import boresight, functools, sys\n"
                "class Study:\n"
                "    def run(self, point, rng): return {'errors': 1}\n"
                "def task(point, rng): return {'errors': 1}\n"
                "identity = boresight.sweeps._identity.identity\n"
                "print(identity(task)['task'], identity(Study().run))\n")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one", "two"):
                (Path(folder) / f"{name}.py").write_text(code)
            ways = (["one.py"], ["two.py"], ["-m", "one"], ["-c", "import one"])
            found = [subprocess.run([sys.executable, *way], cwd=folder, capture_output=True, text=True,
                                    check=True).stdout for way in ways]
        self.assertTrue(found[0].startswith("one.task "), found)
        self.assertTrue(found[1].startswith("two.task "), found)
        self.assertEqual(found[0], found[2])
        self.assertEqual(found[0], found[3])

    def test_refuses_to_go_on_with_another_task(self):
        taps = np.zeros(2000)
        other = taps.copy()
        other[1000] = 7
        line = boresight.array.Geometry.line
        with tempfile.TemporaryDirectory() as folder:
            for index, (first, second) in enumerate((
                (functools.partial(with_taps, taps=taps), functools.partial(with_taps, taps=other)),
                (Study(5).run, Study(9).run),
                (Study(5), Study(9)),
                (functools.partial(with_taps, gain=line(4, 0.1), taps=taps),
                 functools.partial(with_taps, gain=line(4, 0.2), taps=taps)),
            )):
                more = {"results": Path(folder) / str(index), "stop_at": 1, "progress": False}
                counts = boresight.sweep(first, [0], **more)
                with self.subTest(index), self.assertRaisesRegex(ResultsFileError, "another sweep"):
                    boresight.sweep(second, [0], **more)
                self.assertEqual(boresight.sweep(first, [0], **more), counts)

    def test_what_has_no_identity_wants_a_name(self):
        def local(point, rng):
            return {"errors": 1}

        loop = []
        loop.append(loop)
        deep = []
        for _ in range(100_000):
            deep = [deep]
        with tempfile.TemporaryDirectory() as folder, open(os.devnull) as file:
            for index, task in enumerate((
                local, lambda point, rng: {"errors": 1}, functools.partial(local), functools.partial(local, 1),
                *(functools.partial(with_taps, taps=taps) for taps in (
                    local, file, threading.Lock(), boresight.beam.Beamformer(elements=4), loop, deep,
                    (i for i in "ab"), np, memoryview(b"a"), np.frompyfunc(local, 2, 1),
                    type("Nowhere", (), {}), type("Nowhere", (), {})())),
            )):
                path = Path(folder) / str(index)
                with self.subTest(index), self.assertRaisesRegex(ValueError, "name: must be given"):
                    boresight.sweep(task, [0], results=path, progress=False)
                self.assertFalse(path.exists())
            boresight.sweep(local, [0], results=path, name="local", stop_at=1, progress=False)
            boresight.sweep(local, [0], stop_at=1, progress=False)  # without a file nobody asks


class StopRuleTest(unittest.TestCase):
    """Sweeps that stop at the stop-th error or with that block, drawn from their distributions."""

    RUNS = 20_000

    def draw(self, p, block, stop, blocks=10**9):
        rng = np.random.default_rng(stop)
        if block == 1 and blocks == 10**9:
            return np.full(self.RUNS, stop), stop + rng.negative_binomial(stop, p, self.RUNS)
        k, n, live = np.zeros(self.RUNS, int), np.zeros(self.RUNS, int), np.ones(self.RUNS, bool)
        while live.any():
            k[live] += rng.binomial(block, p, np.count_nonzero(live))
            n[live] += block
            live &= (k < stop) & (n < block * blocks)
        return k, n

    def test_coverage(self):
        # The share that covers has a standard deviation of 0.0016 at 0.95: four of them are left.
        wilson = {}
        for p, block in ((0.01, 1), (0.01, 100), (0.01, 1000), (0.3, 1), (0.3, 10)):
            for stop in (1, 2, 5, 20, 100):
                k, n = self.draw(p, block, stop)
                covered = {}
                for method in ("clopper-pearson", "wilson"):
                    low, high = binomial_interval(k, n, 0.95, method)
                    covered[method] = np.mean((low <= p) & (p <= high))
                with self.subTest(p=p, block=block, stop=stop):
                    self.assertGreater(covered["clopper-pearson"], 0.95 - 0.0064)
                wilson[p, block, stop] = covered["wilson"]
        # What the docstring says of the other.
        for stop, figure in ((1, 0.840), (2, 0.889), (5, 0.925)):
            self.assertAlmostEqual(wilson[0.01, 1, stop], figure, delta=4 * 0.0026)

    def rates(self, k, n, stop, estimator):
        points = tuple(sweeps.Point(0, 1, {"errors": int(a), "trials": int(b)}, a >= stop) for a, b in zip(k, n))
        return sweeps.SweepResult(points).rate(estimator=estimator)

    def test_bias(self):
        # Means within 4.5 standard deviations, estimated from the same sample.
        p = 0.01
        for stop, ratio in ((2, 1.94), (5, 1.25), (20, 1.0526), (100, 1.0101)):
            k, n = self.draw(p, 1, stop)
            for estimator, expected in (("ratio", ratio), ("inverse-binomial", 1.0)):
                found = self.rates(k, n, stop, estimator) / p
                with self.subTest(stop=stop, estimator=estimator):
                    self.assertAlmostEqual(found.mean(), expected, delta=4.5 * found.std() / math.sqrt(self.RUNS))
        # Ends by either limit: unbiased all the same.
        k, n = self.draw(0.01, 1, 3, blocks=250)
        self.assertTrue(0.3 < np.mean(k < 3) < 0.7)
        found = self.rates(k, n, 3, "inverse-binomial") / 0.01
        self.assertAlmostEqual(found.mean(), 1.0, delta=4.5 * found.std() / math.sqrt(self.RUNS))
        # Blocks as large as the limit: now the ratio is right, and the other too low.
        k, n = self.draw(0.01, 1000, 5)
        self.assertAlmostEqual(self.rates(k, n, 5, "ratio").mean() / 0.01, 1.0, delta=0.015)
        self.assertAlmostEqual(self.rates(k, n, 5, "inverse-binomial").mean() / 0.01, 0.91, delta=0.015)

    def test_which_counter(self):
        result = boresight.sweep(bpsk, GRID, **{**LIMITS, "counter": "trials", "stop_at": 500})
        self.assertEqual(result.counter, "trials")
        with self.assertRaisesRegex(ValueError, "counter that stops"):
            result.rate(estimator="inverse-binomial")
        with self.assertRaisesRegex(ValueError, "estimator"):
            result.rate(estimator="median")
        empty = sweeps.SweepResult((sweeps.Point(0, 1, {"errors": 0, "trials": 0}, False),
                                    sweeps.Point(1, 1, {"errors": 1, "trials": 1}, True)))
        np.testing.assert_array_equal(empty.rate(estimator="inverse-binomial"), [np.nan, 1.0])


class ProgressTest(unittest.TestCase):
    def output(self, stderr):
        saved, sys.stderr = sys.stderr, stderr
        try:
            boresight.sweep(bpsk, GRID, **{**LIMITS, "progress": True})
        finally:
            sys.stderr = saved

    def test_on_a_terminal_only(self):
        nothing = io.StringIO()
        self.output(nothing)
        self.assertEqual(nothing.getvalue(), "")
        try:
            controller, terminal = pty.openpty()
        except OSError as error:
            self.fail(f"no pseudo-terminal for the test: is /dev/pts mounted? ({error})")
        with os.fdopen(terminal, "w") as stderr:
            self.output(stderr)
            text = ""
            while not text.endswith("\n"):
                text += os.read(controller, 100_000).decode()
        os.close(controller)
        self.assertRegex(text, r"\r\[#{24}\] 6/6 points  \d+ blocks  0:00:\d\d \r?\n$")


class IntervalTest(unittest.TestCase):
    def test_clopper_pearson_is_its_definition(self):
        # P(X >= k; low) = P(X <= k; high) = tail, by summing the binomial distribution.
        def at_most(k, n, p):
            return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))

        for k, n in ((1, 10), (5, 10), (9, 10), (3, 200)):
            low, high = binomial_interval(k, n, 0.9)
            self.assertAlmostEqual(1 - at_most(k - 1, n, low), 0.05, places=10)
            self.assertAlmostEqual(at_most(k, n, high), 0.05, places=10)
        low, high = binomial_interval([0, 10, 0], [10, 10, 0])
        np.testing.assert_array_equal(low[[0, 2]], 0)
        np.testing.assert_array_equal(high[1:], 1)
        self.assertAlmostEqual(high[0], 1 - 0.025**0.1, places=12)  # nobody in n: 1 - tail^(1/n)

    def test_wilson_is_its_definition(self):
        # The ends are the p whose normal approximation has the count z standard deviations away.
        for k, n in ((0, 10), (3, 10), (10, 10), (17, 1000)):
            low, high = binomial_interval(k, n, 0.95, "wilson")
            for p in (low, high):
                if 0 < p < 1:
                    self.assertAlmostEqual(abs(k / n - p) / math.sqrt(p * (1 - p) / n), 1.959963984540054, places=9)
            self.assertLessEqual(low, k / n)
            self.assertGreaterEqual(high, k / n)

    def test_coverage(self):
        # 20,000 experiments: the share that covers the truth, +- 4 standard deviations (0.006).
        rng = np.random.default_rng(1)
        k = rng.binomial(400, 0.02, 20_000)
        for method, least, most in (("clopper-pearson", 0.95, 1.0), ("wilson", 0.94, 0.97)):
            low, high = binomial_interval(k, 400, 0.95, method)
            covered = np.mean((low <= 0.02) & (0.02 <= high))
            self.assertGreater(covered, least - 0.006)
            self.assertLess(covered, most)

    def test_what_cannot_be(self):
        for arguments in ((-1, 10), (11, 10), (float("nan"), 10), (1, float("inf")), (1, 10, 1.0), (1, 10, 0.0),
                          (1, 10, 0.95, "wald")):
            with self.subTest(arguments), self.assertRaises(ValueError):
                binomial_interval(*arguments)


if __name__ == "__main__":
    unittest.main()
