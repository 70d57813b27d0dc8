"""Guesses and questions about a folder of recordings, from its files to its classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES
from crosswear.core.texts import counted
from crosswear.datasets.own.layout import KEYS
from crosswear.datasets.propose.group import Group, choose_group
from crosswear.datasets.propose.paths import file_patterns, placements
from crosswear.datasets.propose.proposal import Proposal, Question, Sheet
from crosswear.datasets.propose.roles import classes, people_and_labels
from crosswear.datasets.tree import table_file
from crosswear.tables.at_rest import mixed_units, unit_note
from crosswear.tables.evidence import RunnerUp, SamplingRate
from crosswear.tables.guess import (
    FALLBACK_HZ,
    TAKEN_AWAY,
    Conclusions,
    Stated,
    conclude,
)
from crosswear.tables.mixtures import select
from crosswear.tables.sampled import Sample
from crosswear.tables.sensor_columns import Sensor
from crosswear.tables.stamps import RATE_TOLERANCE
from crosswear.tables.time_columns import TIME, TimeColumn, next_rate

_USELESS = (
    " Without it, no model can be trained: choose files that have it (files=PATTERN), such as "
    "TotalAcceleration.csv of Sensor Logger, or record them. Answer only if gravity is in them."
)
GRAVITY_KEYS = tuple(f"columns.gravity_{axis}" for axis in AXES)


class Draft(Sheet):
    """The guesses, made in order: each may rest on those before it."""

    def proposal(self) -> Proposal:
        """Look at everything once."""
        group = choose_group(self.tree, self.answers.get("files"), self.answers.get("placement"))
        self.notes += group.notes
        self._refuse_unknown_columns(group)
        self._files(group)
        found = self._conclude(group, list(group.samples.values()))
        if found.refusal is not None:
            name = list(group.samples)[found.refusal.sample]
            raise found.refusal.error(table_file(self.tree, name), group.layout.dialect)
        if found.mixture is not None:
            column = found.mixture.column
            session = f"; columns.session={column} if each is a recording of its own"
            more = session if found.mixture.restarts else ""
            self.ask(f"rows.{column}", f"{found.mixture}. Which of them? (rows= for all{more})")
            return self._done()
        rows = self._rows(group.layout.names) or {}
        selected = {name: select(one, rows) for name, one in group.samples.items()}
        group = dataclasses.replace(group, samples=selected)
        samples = list(selected.values())
        self._time(group, samples[0], found)
        self._axes(found)
        self.notes += [f"{found.zeros}."] * bool(found.zeros)
        self._unit(group, found)
        self._placement(group)
        if group.rivals and "files" not in self.answers:
            return self._done()  # what the names say depends on the files
        taken = {time.column for time in found.times} | set(found.axes or ())
        people_and_labels(self, group, samples, taken)
        for key in self.answers:
            if not key.startswith(("classes.", "rows.")):
                self.say(key, None, "")
        self.answers = {key: one for key, one in self.answers.items() if key != "rows"}
        self.say(
            "rows", {str(column): value for column, value in rows.items()} or "", "as answered"
        )
        if not self.questions:
            classes(self, group)
        return self._done()

    def _done(self) -> Proposal:
        order = list(KEYS)
        order[order.index("columns.x") + 1 : 0] = ["columns.y", "columns.z", *GRAVITY_KEYS]
        order += ["labels.stop", "labels.label"]
        guesses = sorted(self.guesses.values(), key=lambda one: order.index(one.key))
        return Proposal(self.folder, tuple(guesses), tuple(self.questions), tuple(self.notes))

    def _refuse_unknown_columns(self, group: Group) -> None:
        """Ask again for columns that were answered and are none."""
        if {"separator", "skip_lines", "skip_after_header"} & self.answers.keys():
            return  # then the columns are others than those that were found
        names = group.layout.names
        columns = {k: v for k, v in self.answers.items() if k.startswith("columns.") and v != ""}
        columns |= {k: k.partition(".")[2] for k in self.answers if k.startswith("rows.")}
        for key, column in columns.items():
            if column not in names and column not in map(str, names):
                there = ", ".join(map(str, names))
                question = f"There is no column {column!r}. Columns: {there}."
                self.questions.append(Question(key, question))
        unknown = {question.key for question in self.questions}
        self.answers = {key: value for key, value in self.answers.items() if key not in unknown}

    def _files(self, group: Group) -> None:
        dialect = group.layout.dialect
        title = self.folder.resolve().name or "own recordings"
        self.say("title", title, "the name of the folder")
        patterns = file_patterns(self.tree, group.names, group.others)
        files = counted(len(group.names), "file")
        self.say("files", list(patterns), f"{files} of one layout")
        if group.rivals:
            listed = ", ".join((group.names[0], *group.rivals))
            self.ask(
                "files",
                f"Several kinds of files rest at one g: {listed}. Which are those of the sensor "
                "(files=PATTERN)?",
            )
        if dialect.separator:
            self.say("separator", dialect.separator, f"it gives {len(group.layout.names)} columns")
            comma = "commas within numbers" if dialect.decimal == "," else ""
            self.say("decimal", dialect.decimal if comma else "", comma)
            lines = (
                counted(dialect.skip_lines, "line above", "lines above")
                if dialect.skip_lines
                else ""
            )
            self.say("skip_lines", dialect.skip_lines or "", lines)
            below = "a row of units, or the like" if dialect.skip_after_header else ""
            self.say("skip_after_header", dialect.skip_after_header or "", below)
            if group.unnamed:
                without = counted(len(group.unnamed), "file has", "files have")
                why = f"{without} no line of names, such as {group.unnamed[0]!r}"
                self.say("names", list(group.layout.names), why)

    def _conclude(self, group: Group, samples: Sequence[Sample]) -> Conclusions:
        axes = tuple(self.answers.get(f"columns.{axis}") for axis in AXES)
        rate_hz = self.answers.get("rate_hz")
        if not isinstance(rate_hz, int | float) or rate_hz <= 0:
            rate_hz = None
        given = {k: v for k, v in self.answers.items() if k.startswith("columns.")}
        rows = self._rows(group.layout.names)
        zero = self.answers.get("zero")
        if isinstance(zero, int | float):
            zero = (zero,) * 3
        gravity = tuple(given[k] for k in GRAVITY_KEYS if given.get(k))
        stated = Stated(
            axes,
            given.get("columns.time"),
            rate_hz,
            rows,
            tuple(given.values()),
            tuple(zero) if isinstance(zero, list | tuple) else None,
            (gravity if len(gravity) == 3 else ()) if GRAVITY_KEYS[0] in given else None,
        )
        return conclude(samples, stated, group.rates_hz, group.layout.unit_of)

    def _rows(self, names: Sequence[str | int]) -> dict[str | int, str] | None:
        """Return the answers on rows by column; None if there is none."""
        prefix = "rows."
        given = {k.removeprefix(prefix): v for k, v in self.answers.items() if k.startswith(prefix)}
        by_text = {str(name): name for name in names}
        rows = {by_text.get(column, column): str(value) for column, value in given.items() if value}
        return rows if given or "rows" in self.answers else None

    def _time(self, group: Group, sample: Sample, found: Conclusions) -> None:
        """Time column and rate."""
        best = found.time
        if best is None:
            self.notes += [
                f"column {name!r} is not read as time: {one.texts[0]!r} is in no known form."
                for name, one in sample.items()
                if TIME.search(str(name)) and one.texts
            ]
            self.say("columns.time", "", "")
            self.say("time_unit", "", "")
            self._rate(found.rate, "")
            return
        named = f"column {best.column!r}"
        if not found.uses_time:
            self._refuse_mixed_rates(group, best)
            self.notes.append(f"{best.unused(gives_rate=not found.rate.is_written)}.")
            self._rate(found.rate, f"rows over duration in {named}")
        else:
            self.say("columns.time", best.column, f"it rises in {best.spacing}", _next(found.times))
            unit = "" if self.answers.get("columns.time") == "" else best.unit
            if unit and len(best.orders) > 1:
                self.ask("time_unit", f"{best.unclear()}. Which: {' or '.join(best.orders)}?")
            else:
                self.say("time_unit", unit, f"so that the rate is {best.rate_hz:.4g} Hz")
            low, high = min(best.rates_hz), max(best.rates_hz)
            between = f"{low:.4g}" if high - low < 0.01 * low else f"{low:.4g} to {high:.4g}"
            self._rate(found.rate, f"{between} Hz by {named}: {best.spacing}", best)
        others = [repr(time.column) for time in found.times if time is not best]
        if others:
            self.notes.append(f"Time could also be read from {', '.join(others)}.")

    def _rate(self, rate: SamplingRate, because: str, time: TimeColumn | None = None) -> None:
        if rate.hz is None:
            problem = rate.problem[0].upper() + rate.problem[1:]
            self.ask("rate_hz", f"{problem}. What is it, in Hz?")
        second = None if time is None or rate.hz is None else next_rate(time.rate_hz, rate.hz)
        self.say("rate_hz", rate.hz, "stated in the files" if rate.is_written else because, second)

    def _refuse_mixed_rates(self, group: Group, time: TimeColumn) -> None:
        """Refuse mixed rates: where the stamps are not read, nothing else would notice them."""
        slow, fast = min(time.rates_hz), max(time.rates_hz)
        if "rate_hz" in self.answers or fast / slow - 1 <= RATE_TOLERANCE:
            return
        names = [
            name
            for name, sample in group.samples.items()
            if np.isfinite(np.diff(sample[time.column].values)).any()
        ]
        first, second = (names[time.rates_hz.index(rate)] for rate in (slow, fast))
        raise DataFormatError(
            f"mixed rates: column {time.column!r} has {slow:.4g} Hz, and in "
            f"{self.tree.where(second)} {fast:.4g} Hz",
            where=self.tree.where(first),
            expected="one rate in all files",
            todo="describe them apart: --set 'files=[\"…\"]' takes a part; or state the rate "
            "of all: --set rate_hz=…",
        )

    def _axes(self, found: Conclusions) -> None:
        if found.axes is None:
            listed = "; ".join(", ".join(map(str, one)) for one in found.likely or found.candidates)
            hint = f"Candidates: {listed}." if listed else "Answer columns.y and columns.z too."
            hint = f"{found.ruled_out}. {hint}" if found.ruled_out else hint
            axis = "columns.y" if "columns.x" in self.answers else "columns.x"
            self.ask(axis, f"Which columns are x, y and z of the acceleration? {hint}")
            return
        at_rest = found.reading is not None and found.reading.at_rest
        read = f"; |a| at rest is {found.reading.length:.4g}" if at_rest and found.reading else ""
        if len(found.gravities) > 1:
            listed = "; ".join(", ".join(map(str, one)) for one in found.gravities)
            self.ask(
                "columns.gravity_x",
                f"Must gravity be added to x, y and z, from which columns ({listed})? "
                "columns.gravity_x= if not.",
            )
        if found.sensor is not None and found.sensor.gravity is not None:
            for axis, column in zip(AXES, found.sensor.gravity, strict=True):
                because = "x, y and z have no gravity in them, and it is added"
                self.say(f"columns.gravity_{axis}", column, because)
        spoken = "their names" if isinstance(found.axes[0], str) else "three columns of numbers"
        *_, (other, why) = [(None, ""), *found.out.items()]
        for number, (axis, column) in enumerate(zip(AXES, found.axes, strict=True)):
            second = RunnerUp(other[number], why) if other else None
            self.say(f"columns.{axis}", column, spoken + read, second)

    def _unit(self, group: Group, concluded: Conclusions) -> None:
        if concluded.axes is None:
            self.say("unit", None, "")
            return
        rate_hz = concluded.rate.hz or FALLBACK_HZ
        if concluded.is_shifted:
            self.ask(
                "zero",
                "x, y and z are never below 0 and about equal, as counts of a converter are. What "
                "do they read at 0 g: zero=512, or zero=[510, 512, 515]; zero=0 if it is 0?",
            )
        mixed = mixed_units(group.samples, concluded.sensor or Sensor(concluded.axes), rate_hz)
        if mixed and "unit" not in self.answers:
            (first, a), (second, b) = mixed
            raise DataFormatError(
                f"mixed units: at rest it reads {a:.4g}, and {self.tree.where(second)} {b:.4g}",
                where=self.tree.where(first),
                expected="one unit in all files",
                todo="convert some, or describe them apart: --set 'files=[\"…\"]' takes a part",
            )
        found = concluded.reading
        unit = concluded.unit
        if concluded.is_shifted:
            self.say("unit", None, "")
        elif unit.unit is None:
            useless = _USELESS if unit.problem == TAKEN_AWAY else ""
            self.ask(
                "unit",
                f"{unit.problem}.{useless} What is the unit: g, mg, m/s2, or how many counts are "
                "one g?",
            )
        else:
            self.say("unit", unit.unit, unit.because, unit.runner_up)
            if unit.is_weak and "unit" not in self.answers and found is not None:
                self.notes.append(f"{unit_note(found)}.")

    def _placement(self, group: Group) -> None:
        columns = " ".join(str(self.value(f"columns.{axis}")) for axis in AXES)
        texts = [f"{self.folder.resolve().name}/{name} {columns}" for name in group.names]
        found = placements(texts)
        if len(found) == 1:
            self.say("placement", found.pop(), "it is named in every file's name or columns")
        else:
            self.ask("placement", "Where was the sensor, for example right_wrist?")


def _next(times: Sequence[TimeColumn]) -> RunnerUp | None:
    """Return the second column that runs with time, and why it is not the first."""
    if len(times) < 2:
        return None
    why = times[1].problem or "its name and its repeats are no better, and it comes later"
    return RunnerUp(times[1].column, why)
