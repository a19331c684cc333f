"""That every public name of the compiled modules has an oracle. oracles.txt says which test fails when the value of a
name is spoilt (python/tools/find_oracles.py finds it); a new binding without one fails here with its name."""

import importlib
import pathlib
import re
import unittest

import bindings

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent.parent


def table():
    lines = (TESTS / "oracles.txt").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


class OracleTableTest(unittest.TestCase):
    def test_every_name_has_an_oracle(self):
        named = [name for name, _ in table()]
        self.assertEqual(len(named), len(set(named)))
        public = {path for path, _, _ in bindings.values()}
        self.assertEqual(sorted(public - set(named)), [], "no oracle: see python/tools/find_oracles.py")
        self.assertEqual(sorted(set(named) - public), [], "no such name")
        self.assertGreater(len(public), 1000)

    def test_every_oracle_is_a_test(self):
        for name, test in table():
            module, cls, method = test.split(".")
            with self.subTest(name):
                self.assertTrue(callable(getattr(getattr(importlib.import_module(module), cls), method)))

    def test_enumerators_are_those_of_cpp(self):
        # Names in their order, from the headers.
        declared = {}
        for header in (ROOT / "include/boresight").rglob("*.h"):
            text = re.sub(r"//[^\n]*", "", header.read_text())
            for name, body in re.findall(r"enum class (\w+)[^{;]*\{([^}]*)\}", text):
                members, following = {}, 0
                for entry in filter(None, (e.strip() for e in body.split(","))):
                    key, _, value = entry.partition("=")
                    following = int(value, 0) if value.strip() else following
                    members[key.strip()] = following
                    following += 1
                declared.setdefault(name, []).append(members)
        count = 0
        for path, cls in bindings.classes():
            if hasattr(cls, "__members__"):
                with self.subTest(path):
                    self.assertIn({k: v.value for k, v in cls.__members__.items()}, declared[cls.__name__])
                    count += 1
        self.assertGreater(count, 30)

    def test_a_field_set_is_that_field_and_no_other(self):
        count = 0
        for path, cls in bindings.classes():
            if not bindings.is_config(cls):
                continue
            for name in cls.__match_args__:
                made = cls()
                before = {key: getattr(made, key) for key in cls.__match_args__}
                other = bindings.spoilt(before[name])
                if repr(other) == repr(before[name]):
                    continue  # empty, or an object without another value
                with self.subTest(f"{path}.{name}"):
                    setattr(made, name, other)
                    for key, value in before.items():
                        self.assertEqual(repr(getattr(made, key)), repr(other if key == name else value), key)
                    count += 1
        self.assertGreater(count, 300)

    def test_signatures_name_no_type_of_cpp(self):
        # Which pybind11 writes for what it cannot convert: a call would raise TypeError.
        for path, owner, key in bindings.values():
            value = vars(owner)[key]
            function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if callable(function):
                self.assertNotIn("::", function.__doc__ or "", path)


if __name__ == "__main__":
    unittest.main()
