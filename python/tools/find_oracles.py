"""Which test compares the value of which binding: each binding's value is spoilt in turn, and the tests that call it are
run until one fails at an assertion. That one is its oracle. Writes python/tests/oracles.txt; with --check only says
whether each test that the file names still fails when its binding is spoilt.

    cd python/tests && PYTHONPATH=<build>/python python3 ../tools/find_oracles.py [--check] [names...]
"""

import argparse
import collections
import importlib
import io
import os
import pathlib
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

import bindings  # noqa: E402

TABLE = TESTS / "oracles.txt"
# What compares no values, or is not about the compiled modules.
LEFT_OUT = {"test_contract", "test_refusals", "test_safety", "test_stubs", "test_notebooks", "test_oracle_table", "test_plot", "test_orbit",
            "test_pure", "test_sweep", "test_theory"}


def load():
    tests = {}
    for path in sorted(TESTS.glob("test_*.py")):
        if path.stem not in LEFT_OUT:
            for suite in unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(path.stem)):
                tests.update({test.id(): test for test in suite})
    return tests


def run(test):
    """'ok', 'failure' (an assertion saw it), 'refused' (the library did not take what followed from it) or 'error'."""
    result = unittest.TestResult()
    result.failfast = True
    test.run(result)
    if result.failures:
        return "failure"
    return ("refused" if "boresight.ConfigError:" in result.errors[0][1] else "error") if result.errors else "ok"


def swap(owner, key, old, new):
    setattr(owner, key, new)
    if not isinstance(owner, type):
        for module in list(sys.modules.values()):
            if (getattr(module, "__name__", "") or "").startswith(("test_", "scene")):
                for name, value in list(vars(module).items()):
                    if value is old:
                        setattr(module, name, new)


class Spoilt:
    def __init__(self, owner, key, wrap):
        self.owner, self.key, self.old = owner, key, vars(owner)[key]
        self.new = wrap(self.old)

    def __enter__(self):
        swap(self.owner, self.key, self.old, self.new)

    def __exit__(self, *_):
        swap(self.owner, self.key, self.new, self.old)


def counted(path, calls, current):
    def wrap(member):
        note = lambda: calls[current[0]].add(path)
        if isinstance(member, property):
            return property(lambda self: (note(), member.fget(self))[1], member.fset)
        if isinstance(member, staticmethod):
            return staticmethod(wrap(member.__func__))
        return lambda *args, **kwargs: (note(), member(*args, **kwargs))[1]

    return wrap


def callers(tests, places):
    """{name: tests that call it, the quickest first}"""
    calls, current, seconds = collections.defaultdict(set), [""], {}
    constants = {path for path, (owner, key) in places.items()
                 if not callable(vars(owner)[key]) and not isinstance(vars(owner)[key], (property, staticmethod))}
    spies = [Spoilt(owner, key, counted(path, calls, current)) for path, (owner, key) in places.items() if path not in constants]
    for spy in spies:
        spy.__enter__()
    for name, test in tests.items():
        current[0] = name
        begin = time.perf_counter()
        outcome = run(test)
        seconds[name] = time.perf_counter() - begin
        if outcome != "ok":
            print(f"{name}: {outcome} without any change", file=sys.stderr)
    for spy in reversed(spies):
        spy.__exit__()
    by_name = {path: [] for path in places}
    for test in sorted(tests, key=seconds.get):
        for path in calls[test]:
            by_name[path].append(test)
    for path in constants:
        folder, word = path.split(".")[0], path.rsplit(".", 1)[1]
        by_name[path] = [t for t in sorted(tests, key=seconds.get)
                         if word in (TESTS / f"{t.split('.')[0]}.py").read_text() and (folder in t or "oracles" in t or "link" in t)]
    return by_name, seconds


def read_table():
    return dict(line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    places = {path: (owner, key) for path, owner, key in bindings.values()
              if not options.names or any(path.startswith(n) for n in options.names)}
    tests = load()
    table = read_table() if TABLE.exists() else {}
    if options.check:
        by_name = {path: [table[path]] for path in places if table.get(path) in tests}
        by_name = {path: by_name.get(path, []) for path in places}
    else:
        by_name, _ = callers(tests, places)
        for path, found in by_name.items():
            if table.get(path) in found:
                found.sort(key=lambda t: t != table[path])
    missing = []
    for path, (owner, key) in places.items():
        outcomes = {}
        for test in by_name[path]:
            for wrap in (bindings.spoilt_binding, bindings.never_called):
                with Spoilt(owner, key, wrap):
                    outcomes[test] = run(tests[test])
                if outcomes[test] == "failure":
                    break
            # A size that is wrong by one is seen where a call wants the right one.
            if outcomes[test] == "failure" or (outcomes[test] == "refused" and isinstance(vars(owner)[key], property)):
                table[path] = test
                break
        else:
            if not options.check:
                table.pop(path, None)
            missing.append(path)
            print(f"{path}: no oracle; {' '.join(f'{t}={o}' for t, o in outcomes.items()) or 'never called'}", flush=True)
    if not options.check:
        if not options.names:
            table = {path: test for path, test in table.items() if path in places}
        head = "# binding, and the test that fails when its value is spoilt; made by python/tools/find_oracles.py\n"
        TABLE.write_text(head + "".join(f"{path} {table[path]}\n" for path in sorted(table)))
    print(f"{len(places) - len(missing)} of {len(places)} have an oracle")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
