"""Mean elements from text: two-line elements and CCSDS orbit mean-elements messages (OMM)."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from .._extras import need

MAX_FILE_BYTES = 1 << 26
_EPOCH = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{4}-\d{3})T(\d{2}:\d{2}:\d{2}(?:\.\d{1,18})?)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_YEARS = (1957, 2199)  # from Sputnik on, and well within what 64 bits of nanoseconds hold
_DAY_NS = 86_400_000_000_000
_KEYWORDS = frozenset((
    "OBJECT_NAME", "NORAD_CAT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY", "EPHEMERIS_TYPE",
    "EPOCH", "MEAN_MOTION", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT", "BSTAR", "ECCENTRICITY", "ARG_OF_PERICENTER",
    "INCLINATION", "MEAN_ANOMALY", "RA_OF_ASC_NODE"))
_SGP4_ZERO = np.datetime64("1949-12-31", "ns")  # sgp4init counts days from here


def _sgp4() -> Any:
    return need("sgp4.api", "boresight.orbit", "orbit")


@dataclass(frozen=True)
class Satellite:
    """One set of mean elements, ready to be propagated by SGP4 with WGS-72 constants, as elements are made."""

    name: str
    catalog_number: int
    epoch: np.datetime64
    """UTC of the elements."""
    period_s: float
    """Time from node to node."""
    _record: Any = field(repr=False, compare=False)

    def teme(self, times: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Position in m and velocity in m/s in TEME, each (n, 3), at UTC times (n,), datetime64 or text of ISO 8601.

        No times make empty arrays. ValueError naming time and cause where SGP4 has no answer, as after decay, and for
        times that are NaT, no times, or outside the years 1957 to 2199.
        """
        return self._propagate(utc(times, "times"))

    def _propagate(self, at: npt.NDArray[np.datetime64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        if at.size == 0:
            return np.empty((0, 3)), np.empty((0, 3))
        days, rest = np.divmod(at.astype(np.int64), _DAY_NS)
        code, position, velocity = self._record.sgp4_array(days + 2440587.5, rest / _DAY_NS)
        bad = np.flatnonzero(np.asarray(code) != 0)
        if bad.size == 0:
            bad = np.flatnonzero(~np.isfinite(position).all(axis=1))
        if bad.size:
            raise ValueError(f"{self.name} at {at[bad[0]]}: {_reason(int(code[bad[0]]))}")
        return np.asarray(position) * 1e3, np.asarray(velocity) * 1e3


def utc(times: npt.ArrayLike, name: str) -> npt.NDArray[np.datetime64]:
    """Times, or one, as (n,) datetime64[ns]; ValueError for what is none and for years that it cannot hold."""
    given = np.asarray(times)
    if given.size == 0:
        given = np.empty(given.shape, dtype="datetime64[ns]")
    if given.ndim > 1:
        raise ValueError(f"{name}: shape {given.shape}, must be (n,)")
    given = np.atleast_1d(given)
    if given.dtype.kind == "U":
        given = np.array([text.removesuffix("Z") for text in given])  # NumPy warns of it
    elif given.dtype.kind == "O":
        given = np.array([_without_zone(time, name) for time in given], dtype=object)
    elif given.dtype.kind != "M":
        raise ValueError(f"{name}: {given.dtype}, must be datetime64 or text of ISO 8601")
    # Nanoseconds wrap in silence; the unit that came, or seconds, hold every year that was given.
    try:
        finer = given.dtype.kind != "M" or np.datetime_data(given.dtype)[0] in ("ps", "fs", "as")
        coarse = given.astype("datetime64[s]") if finer else given
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if np.isnat(coarse).any():
        raise ValueError(f"{name}: has a NaT")
    years = coarse.astype("datetime64[Y]").astype(np.int64) + 1970
    bad = np.flatnonzero((years < _YEARS[0]) | (years > _YEARS[1]))
    if bad.size:
        raise ValueError(f"{name}: {coarse[bad[0]]}, must be in the years {_YEARS[0]} to {_YEARS[1]}")
    return given.astype("datetime64[ns]")


def _without_zone(time: Any, name: str) -> Any:
    # Of a datetime that knows its zone, UTC; NumPy warns of it. Anything else but dates is none of ours.
    if isinstance(time, datetime.datetime) and time.tzinfo is not None:
        return time.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if not isinstance(time, (datetime.date, np.datetime64)):
        raise ValueError(f"{name}: {str(time)[:40]!r}, must be datetime64 or text of ISO 8601")
    return time


def load(path: str | os.PathLike[str]) -> list[Satellite]:
    """All satellites of a file: TLE (with or without name lines) or OMM as XML, KVN, JSON or CSV, told by its content.

    CSV has OMM's keywords in its first line, as CelesTrak and Space-Track serve it. ValueError naming file, satellite
    and field for what cannot be read, is out of range (angles beyond one turn, days that the year does not have),
    comes twice, fails a checksum or is not meant for SGP4 in TEME and UTC; OSError if there is no such file.
    """
    path = Path(path)
    with open(path, "rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"{path}: is larger than {MAX_FILE_BYTES} bytes")
    try:
        return parse(data.decode("utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def parse(text: str) -> list[Satellite]:
    """As load, from a string."""
    start = text.lstrip()[:1]
    if not start:
        raise ValueError("holds no elements")
    if start == "<":
        found = [_from_fields(fields) for fields in _xml(text)]
    elif start in "[{":
        found = [_from_fields(fields) for fields in _json(text)]
    elif "=" in text.lstrip().splitlines()[0]:
        found = [_from_fields(fields) for fields in _kvn(text)]
    elif "," in text.lstrip().splitlines()[0] and "MEAN_MOTION" in text.lstrip().splitlines()[0]:
        found = [_from_fields(fields) for fields in _csv(text)]
    else:
        found = list(_two_line(text))
    if not found:
        raise ValueError("holds no elements")
    return found


def _reason(code: int) -> str:
    return str(_sgp4().SGP4_ERRORS.get(code, "SGP4 gave no number"))


def _satellite(name: str, record: Any) -> Satellite:
    if record.error != 0:
        raise ValueError(f"{name}: {_reason(record.error)}")
    _in_range(name, "eccentricity", record.ecco, 0, 0.999999)
    _in_range(name, "inclination in rad", record.inclo, 0, math.pi)
    for what, angle in (("right ascension", record.nodeo), ("argument of pericenter", record.argpo),
                        ("mean anomaly", record.mo)):
        _in_range(name, f"{what} in rad", angle, -2 * math.pi, 2 * math.pi)
    _in_range(name, "mean motion in rad/min", record.no_kozai, 1e-5, 0.08)  # 1 year to below Earth's surface
    day = round(record.jdsatepoch - 2440587.5 + record.jdsatepochF // 1)
    epoch = np.datetime64(day * _DAY_NS + round(record.jdsatepochF % 1 * _DAY_NS), "ns")
    return Satellite(name, int(record.satnum), epoch, 60 * 2 * math.pi / record.no_kozai, record)


def _in_range(name: str, what: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # NaN too
        raise ValueError(f"{name}: {what}: {value}, must be {low} to {high}")


def _two_line(text: str) -> Iterator[Satellite]:
    name, first = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if line.startswith("1 ") and not first:
            first = line
        elif line.startswith("2 ") and first:
            try:
                _check_lines(first, line)
                record = _sgp4().Satrec.twoline2rv(first, line)
            except (ValueError, IndexError) as error:
                raise ValueError(f"line {number}: {name or first[2:7]}: {str(error).splitlines()[0]}") from error
            yield _satellite(name or first[2:7].strip(), record)
            name, first = "", ""
        elif first or line.startswith(("1 ", "2 ")):
            raise ValueError(f"line {number}: line 1 and line 2 of two-line elements do not follow each other")
        elif line:
            name = line.removeprefix("0 ").strip()[:80]
    if first or name:
        raise ValueError("ends within two-line elements")


def _days_of(year: int) -> int:
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def _check_lines(first: str, second: str) -> None:
    for line in (first, second):
        if len(line) != 69 or not line.isascii():
            raise ValueError(f"line {line[0]} has {len(line)} characters, must have 69 of ASCII")
        total = sum(int(c) if c.isdigit() else c == "-" for c in line[:68])
        if str(total % 10) != line[68]:
            raise ValueError(f"line {line[0]}: checksum {line[68]}, must be {total % 10}")
    year, day = 1957 + (int(first[18:20]) - 57) % 100, first[20:32].replace(" ", "")
    if not _NUMBER.fullmatch(day) or not 1 <= float(day) < 1 + _days_of(year):
        raise ValueError(f"line 1: day {day!r} of {year}, must be 1 to {_days_of(year)}")
    if first[2:7] != second[2:7]:
        raise ValueError(f"catalog numbers differ: {first[2:7]} and {second[2:7]}")


def _xml(text: str) -> Iterator[Mapping[str, Any]]:
    if "<!" in text.replace("<!--", ""):
        raise ValueError("XML: declarations (<!DOCTYPE, <!ENTITY) are not read")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"XML: {error}") from error
    for segment in root.iter():
        if segment.tag.rpartition("}")[2] == "segment":
            yield _once((leaf.tag.rpartition("}")[2], leaf.text) for leaf in segment.iter() if len(leaf) == 0)


def _json(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("JSON: is nested too deeply") from None
    for entry in content if isinstance(content, list) else [content]:
        if not isinstance(entry, dict):
            raise ValueError("JSON: must be an object, or an array of objects, of OMM keywords")
        yield entry


def _kvn(text: str) -> Iterator[Mapping[str, Any]]:
    # Keyword = value [unit]; a message starts with CCSDS_OMM_VERS.
    fields: list[tuple[str, str]] = []
    for line in text.splitlines():
        keyword, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            continue  # COMMENT, blank
        if keyword == "CCSDS_OMM_VERS" and fields:
            yield _once(fields)
            fields = []
        if value.endswith("]"):
            value = value[: value.rindex("[")].strip() if "[" in value else value
        fields.append((keyword, value))
    if fields:
        yield _once(fields)


def _csv(text: str) -> Iterator[Mapping[str, Any]]:
    # Keywords in the first line, then a satellite per line; an empty cell is a keyword that is not there.
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), strict=True, skipinitialspace=True)
    try:
        keywords = [cell.strip() for cell in next(rows)]
        _once((keyword, None) for keyword in keywords)
        for row in rows:
            if not row:
                continue
            if len(row) != len(keywords):
                raise ValueError(f"CSV: line {rows.line_num} has {len(row)} cells, the first line {len(keywords)}")
            yield {keyword: cell for keyword, cell in zip(keywords, row) if cell.strip()}
    except csv.Error as error:
        raise ValueError(f"CSV: line {rows.line_num}: {error}") from error


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    # Two messages run together would otherwise be the last of them.
    fields: dict[str, Any] = {}
    for keyword, value in pairs:
        if keyword in fields and keyword in _KEYWORDS:
            raise ValueError(f"{fields.get('OBJECT_NAME', 'OMM')}: {keyword}: comes twice")
        fields[keyword] = value
    return fields


def _from_fields(fields: Mapping[str, Any]) -> Satellite:
    name = str(fields.get("OBJECT_NAME") or fields.get("NORAD_CAT_ID") or "unnamed")[:80]
    _only(name, fields, "CENTER_NAME", "EARTH")
    _only(name, fields, "REF_FRAME", "TEME")
    _only(name, fields, "TIME_SYSTEM", "UTC")
    _only(name, fields, "MEAN_ELEMENT_THEORY", "SGP4", "SGP/SGP4")
    _only(name, fields, "EPHEMERIS_TYPE", "0", "2")  # 4 is SGP4-XP, which is another theory
    epoch_days = (_epoch(name, fields.get("EPOCH")) - _SGP4_ZERO).astype(np.int64) / _DAY_NS
    radians = math.pi / 180
    revolutions_per_day = _number(name, fields, "MEAN_MOTION")
    api = _sgp4()
    record = api.Satrec()
    arguments = (
        _number(name, fields, "BSTAR"),
        _number(name, fields, "MEAN_MOTION_DOT", 0.0) * math.pi / 1_036_800,  # 720 * 1440 / pi; SGP4 does not use it
        _number(name, fields, "MEAN_MOTION_DDOT", 0.0) * math.pi / 1_492_992_000,
        _number(name, fields, "ECCENTRICITY"),
        _number(name, fields, "ARG_OF_PERICENTER") * radians,
        _number(name, fields, "INCLINATION") * radians,
        _number(name, fields, "MEAN_ANOMALY") * radians,
        revolutions_per_day * math.pi / 720,
        _number(name, fields, "RA_OF_ASC_NODE") * radians,
    )
    _in_range(name, "ECCENTRICITY", arguments[3], 0, 0.999999)
    _in_range(name, "MEAN_MOTION in 1/day", revolutions_per_day, 0.0025, 18)
    catalog_number = _number(name, fields, "NORAD_CAT_ID", 0.0)
    _in_range(name, "NORAD_CAT_ID", catalog_number, 0, 339_999)  # what sgp4 holds (Alpha-5)
    if catalog_number != int(catalog_number):
        raise ValueError(f"{name}: NORAD_CAT_ID: {catalog_number}, must be a whole number")
    record.sgp4init(api.WGS72, "i", int(catalog_number), epoch_days, *arguments)
    return _satellite(name, record)


def _only(name: str, fields: Mapping[str, Any], keyword: str, *allowed: str) -> None:
    value = fields.get(keyword)
    if value is not None and str(value).strip().upper() not in allowed:
        raise ValueError(f"{name}: {keyword}: {value}, must be {' or '.join(allowed)}")


def _number(name: str, fields: Mapping[str, Any], keyword: str, default: float | None = None) -> float:
    value = fields.get(keyword, default)
    if value is None or isinstance(value, bool):
        raise ValueError(f"{name}: {keyword}: is missing")
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):  # float() takes 1_5 and NaN
            raise ValueError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: {keyword}: {str(value)[:40]!r}, must be a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{name}: {keyword}: {number}, must be finite")
    return number


def _epoch(name: str, value: Any) -> np.datetime64:
    # CCSDS 301.0 code A, 2026-01-31T12:00:00.5, or code B, 2026-031T12:00:00.5; a Z may follow.
    text = str(value).strip().removesuffix("Z")
    form = _EPOCH.fullmatch(text)
    try:
        if form is None:
            raise ValueError
        date, time = form.groups()
        if not _YEARS[0] <= int(date[:4]) <= _YEARS[1]:
            raise ValueError
        if len(date) == 8:
            if not 1 <= int(date[5:]) <= _days_of(int(date[:4])):
                raise ValueError
            date = str(np.datetime64(date[:4], "D") + np.timedelta64(int(date[5:]) - 1, "D"))
        return np.datetime64(f"{date}T{time}", "ns")
    except ValueError:
        raise ValueError(f"{name}: EPOCH: {text[:40]!r}, must be a date and time of ISO 8601, "
                         f"{_YEARS[0]} to {_YEARS[1]}") from None
