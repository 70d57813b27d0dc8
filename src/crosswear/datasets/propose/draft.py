"""Guesses and questions about a folder of recordings, from its files to its classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES
from crosswear.core.texts import counted
from crosswear.datasets.own import label_codes, path_tells, recording_names
from crosswear.datasets.own.contents import read_own_table
from crosswear.datasets.own.layout import FILE_NAME, KEYS, Layout, parse_layout
from crosswear.datasets.propose.group import Group, choose_group
from crosswear.datasets.propose.paths import (
    file_patterns,
    label_part,
    name_parts,
    path_regex,
    placements,
    subject_part,
)
from crosswear.datasets.propose.toml import render
from crosswear.datasets.tree import FolderTree
from crosswear.tables.axes import mixed_units, unit_note, unit_read
from crosswear.tables.guess import (
    FALLBACK_HZ,
    MOST_CLASSES,
    Conclusions,
    SamplingRate,
    Stated,
    conclude,
    role_columns,
)
from crosswear.tables.sampled import Sample
from crosswear.tables.stamps import RATE_TOLERANCE
from crosswear.tables.time_columns import TIME, TimeColumn

_NULL_WORDS = {"", "null", "none", "nan", "na", "unknown", "undefined", "unlabelled", "unlabeled"}
_NULL_WORDS |= {"other", "transition", "-", "?", "no activity"}
_WHO = (
    "Who wore the sensor? subject=NAME if it was one person, columns.subject=COLUMN, or "
    "path=REGEX with (?P<subject>…)."
)


@dataclass(frozen=True)
class Guess:
    """A value for a key of `dataset.toml`, and what speaks for it."""

    key: str
    value: Any
    because: str


@dataclass(frozen=True)
class Question:
    """A question that the files leave open.

    Attributes:
        key: the key of `dataset.toml` that is asked for.
        text: the question.
        suggestion: an answer ``KEY=VALUE`` that is likely; may be empty.
    """

    key: str
    text: str
    suggestion: str = ""


@dataclass(frozen=True)
class Proposal:
    """A `dataset.toml` in the making.

    Attributes:
        folder: where the files lie.
        guesses: in the order of the keys in the file.
        questions: what must be answered before the file can be written.
        notes: what was seen and left out.
    """

    folder: Path
    guesses: tuple[Guess, ...]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]

    def toml(self) -> str:
        """The text of `dataset.toml`; incomplete while there are questions."""
        reasons = {guess.key: guess.because for guess in self.guesses}
        return render({guess.key: guess.value for guess in self.guesses}, reasons)


class Draft:
    """Collector of what is known and what is not, as it comes up.

    Args:
        folder: of the files.
        answers: values by key; they go before every guess.
    """

    def __init__(self, folder: Path, answers: Mapping[str, Any]) -> None:
        self.folder, self.answers = folder, answers
        self.tree = FolderTree(folder)
        self.guesses: dict[str, Guess] = {}
        self.questions: list[Question] = []
        self.notes: list[str] = []

    def proposal(self) -> Proposal:
        """Look at everything once."""
        group = choose_group(self.tree, self.answers.get("files"))
        self.notes += group.notes
        samples = list(group.samples.values())
        self._refuse_unknown_columns(group)
        self._files(group)
        found = self._conclude(group, samples)
        self._time(group, samples[0], found)
        self._axes(found)
        self._unit(group, found)
        self._placement(group)
        taken = {time.column for time in found.times} | set(found.axes or ())
        self._people_and_labels(group, samples, taken)
        for key in self.answers:
            if not key.startswith("classes."):
                self._say(key, None, "")
        if not self.questions:
            self._classes(group)
        order = list(KEYS)
        order[order.index("columns.x") + 1 : 0] = ["columns.y", "columns.z"]
        order += ["labels.stop", "labels.label"]
        guesses = sorted(self.guesses.values(), key=lambda one: order.index(one.key))
        return Proposal(self.folder, tuple(guesses), tuple(self.questions), tuple(self.notes))

    def _say(self, key: str, value: Any, because: str) -> None:
        if key in self.answers:
            value, because = self.answers[key], "as answered"
        if value not in ("", None):
            self.guesses[key] = Guess(key, value, because)

    def _ask(self, key: str, text: str, suggestion: str = "") -> None:
        """Ask, unless it is answered or asked."""
        if key in self.answers:
            self._say(key, None, "")
        elif all(question.key != key for question in self.questions):
            self.questions.append(Question(key, text, suggestion))

    def _value(self, key: str) -> Any:
        return self.guesses[key].value if key in self.guesses else None

    def _refuse_unknown_columns(self, group: Group) -> None:
        """Ask again for columns that were answered and are none."""
        if {"separator", "skip_lines"} & self.answers.keys():
            return  # then the columns are others than those that were found
        names = group.layout.names
        for key, column in self.answers.items():
            if key.startswith("columns.") and column != "" and column not in names:
                there = ", ".join(map(str, names))
                question = f"There is no column {column!r}. Columns: {there}."
                self.questions.append(Question(key, question))
        unknown = {question.key for question in self.questions}
        self.answers = {key: value for key, value in self.answers.items() if key not in unknown}

    def _files(self, group: Group) -> None:
        dialect = group.layout.dialect
        title = self.folder.resolve().name or "own recordings"
        self._say("title", title, "the name of the folder")
        patterns = file_patterns(self.tree, group.names, group.others)
        files = counted(len(group.names), "file")
        self._say("files", list(patterns), f"{files} of one layout")
        if dialect.separator:
            self._say("separator", dialect.separator, f"it gives {len(group.layout.names)} columns")
            comma = "commas within numbers" if dialect.decimal == "," else ""
            self._say("decimal", dialect.decimal if comma else "", comma)
            lines = (
                counted(dialect.skip_lines, "line above", "lines above")
                if dialect.skip_lines
                else ""
            )
            self._say("skip_lines", dialect.skip_lines or "", lines)

    def _conclude(self, group: Group, samples: Sequence[Sample]) -> Conclusions:
        axes = tuple(self.answers.get(f"columns.{axis}") for axis in AXES)
        rate_hz = self.answers.get("rate_hz")
        if not isinstance(rate_hz, int | float) or rate_hz <= 0:
            rate_hz = None
        return conclude(
            samples, Stated(axes, self.answers.get("columns.time"), rate_hz), group.rates_hz
        )

    def _time(self, group: Group, sample: Sample, found: Conclusions) -> None:
        """Time column and rate."""
        best = found.time
        if best is None:
            self.notes += [
                f"column {name!r} is not read as time: it is not ISO 8601, like {one.texts[0]!r}."
                for name, one in sample.items()
                if TIME.search(str(name)) and one.texts
            ]
            self._say("columns.time", "", "")
            self._say("time_unit", "", "")
            self._rate(found.rate, "")
            return
        named = f"column {best.column!r}"
        if not found.uses_time:
            self._refuse_mixed_rates(group, best)
            self.notes.append(f"{best.unused(gives_rate=not found.rate.is_written)}.")
            self._rate(found.rate, f"rows over duration in {named}")
        else:
            self._say("columns.time", best.column, f"it rises in {best.spacing}")
            unit = "" if self.answers.get("columns.time") == "" else best.unit
            self._say("time_unit", unit, f"so that the rate is {best.rate_hz:.4g} Hz")
            low, high = min(best.rates_hz), max(best.rates_hz)
            between = f"{low:.4g}" if high - low < 0.01 * low else f"{low:.4g} to {high:.4g}"
            self._rate(found.rate, f"{between} Hz by {named}: {best.spacing}")
        others = [repr(time.column) for time in found.times if time is not best]
        if others:
            self.notes.append(f"Time could also be read from {', '.join(others)}.")

    def _rate(self, rate: SamplingRate, because: str) -> None:
        if rate.hz is None:
            problem = rate.problem[0].upper() + rate.problem[1:]
            self._ask("rate_hz", f"{problem}. What is it, in Hz?")
        self._say("rate_hz", rate.hz, "stated in the files" if rate.is_written else because)

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
            f"mixed rates: column {time.column!r} tells {slow:.4g} Hz, and in "
            f"{self.tree.where(second)} {fast:.4g} Hz",
            where=self.tree.where(first),
            expected="one rate in all files",
            todo="describe them apart: --set 'files=[\"…\"]' takes a part; or tell the rate of "
            "all: --set rate_hz=…",
        )

    def _axes(self, found: Conclusions) -> None:
        if found.axes is None:
            listed = "; ".join(", ".join(map(str, one)) for one in found.likely or found.candidates)
            hint = f"Candidates: {listed}." if listed else "Answer columns.y and columns.z too."
            axis = "columns.y" if "columns.x" in self.answers else "columns.x"
            self._ask(axis, f"Which columns are x, y and z of the acceleration? {hint}")
            return
        at_rest = found.reading is not None and found.reading.at_rest
        read = f"; |a| at rest is {found.reading.length:.4g}" if at_rest and found.reading else ""
        spoken = "their names" if isinstance(found.axes[0], str) else "three columns of numbers"
        for axis, column in zip(AXES, found.axes, strict=True):
            self._say(f"columns.{axis}", column, spoken + read)

    def _unit(self, group: Group, concluded: Conclusions) -> None:
        if concluded.axes is None:
            self._say("unit", None, "")
            return
        rate_hz = concluded.rate.hz or FALLBACK_HZ
        mixed = mixed_units(group.samples, concluded.axes, rate_hz)
        if mixed and "unit" not in self.answers:
            (first, a), (second, b) = mixed
            raise DataFormatError(
                f"mixed units: at rest it reads {a:.4g}, and {self.tree.where(second)} {b:.4g}",
                where=self.tree.where(first),
                expected="one unit in all files",
                todo="convert some, or describe them apart: --set 'files=[\"…\"]' takes a part",
            )
        found = concluded.reading
        unit = unit_read(found)
        if unit is None or found is None:
            seen = f"|a| at rest is {found.length:.4g}" if found else ""
            if found is None or not found.at_rest:
                seen = "No second at rest was found" + (f", and {found}" if found else "")
            self._ask(
                "unit", f"{seen}. What is the unit: g, mg, m/s2, or how many counts are one g?"
            )
        elif found.at_rest:
            self._say("unit", unit, f"|a| is {found.length:.4g} in the quietest seconds")
        else:
            self._say("unit", unit, f"nobody rests, and the median of |a| is {found.length:.4g}")
            if "unit" not in self.answers:
                self.notes.append(f"{unit_note(found)}.")

    def _placement(self, group: Group) -> None:
        columns = " ".join(str(self._value(f"columns.{axis}")) for axis in AXES)
        texts = [f"{self.folder.resolve().name}/{name} {columns}" for name in group.names]
        found = placements(texts)
        if len(found) == 1:
            self._say("placement", found.pop(), "it is named in every file's name or columns")
        else:
            self._ask("placement", "Where was the sensor, for example right_wrist?")

    def _people_and_labels(
        self, group: Group, samples: Sequence[Sample], taken: set[str | int]
    ) -> None:
        columns = role_columns(samples, taken)
        pieces, parts = name_parts(group.names)
        answered = self.answers.get("path", "")
        label_column = len(columns["label"]) == 1 and "(?P<label>" not in answered
        label = None if columns["label"] or answered else label_part(parts)
        subject, sure = subject_part(parts, label)
        by_column = len(columns["subject"]) == 1
        known = by_column or any(key in self.answers for key in ("subject", "columns.subject"))
        if answered:
            self._say("path", answered, "")
        if label_column:
            self._say("columns.label", columns["label"][0], "few values, steady over many rows")
        elif label is None and "(?P<label>" not in answered and "labels.file" not in self.answers:
            candidates = ", ".join(map(str, columns["label"] or columns["other"])) or "none found"
            self._ask(
                "columns.label",
                "Which column is the label, or which part of the file names (path=REGEX with "
                f"(?P<label>…))? Columns with few values: {candidates}.",
            )
        if by_column and "subject" not in self.answers:
            self._say("columns.subject", columns["subject"][0], "its name; steady over many rows")
        elif known:
            self._say("subject", None, "")
            self._say("columns.subject", None, "")
        if len(columns["session"]) == 1:
            self._say("columns.session", columns["session"][0], "its name; it is steady")
        if answered:
            if not known and "(?P<subject>" not in answered:
                self._ask("subject", _WHO)
            return
        named = {"label": label, "subject": None if known or not sure else subject}
        regex = path_regex(pieces, named)
        if regex:
            told = [f"{role} {part}" for role, part in named.items() if part]
            self._say("path", regex, f"the names tell {' and '.join(told)}")
        if not known and not sure:
            likely = path_regex(pieces, {"label": label, "subject": subject}) if subject else None
            guess = f" Likely: {subject}." if likely else ""
            self._ask("subject", _WHO + guess, f"path={likely}" if likely else "")

    def _classes(self, group: Group) -> None:
        """Every label of every file, by reading them as proposed so far."""
        draft = {key: guess.value for key, guess in self.guesses.items()}
        # Labels are read without the spaces around them: these two are none.
        draft["classes"] = {" a": "a", " b": "b"}
        layout = parse_layout(render(draft, {}), FILE_NAME)
        found = sorted(self._labels(layout))
        if all(code.isdecimal() for code in found):
            found.sort(key=int)
        if all(code.lstrip("-").isdigit() for code in found) and "0" in found:
            self._ask("null", 'Does label 0 mean no activity? null=["0"], or null=[] if not.')
        null = [code for code in found if code.casefold() in _NULL_WORDS]
        self._say("null", null or "", "words for no activity")
        codes = [code for code in found if code not in (self._value("null") or [])]
        if not 2 <= len(codes) <= MOST_CLASSES:
            shown = ", ".join(codes[:5])
            self.questions.append(
                Question(
                    "columns.label",
                    f"{len(codes)} different labels ({shown}) are not a class table; where are "
                    "the labels?",
                )
            )
            return
        prefix = "classes."
        named = {key: name for key, name in self.answers.items() if key.startswith(prefix)}
        names = {code: code for code in codes}
        names |= {key.removeprefix(prefix): name for key, name in named.items()}
        self._say("classes", names, f"all labels of {counted(len(group.names), 'file')}; rename")

    def _labels(self, layout: Layout) -> set[str]:
        if "label" in layout.path_groups:
            return {
                path_tells(self.tree, layout, name)["label"]
                for name in recording_names(layout, self.tree)
            }
        return {
            code
            for name in recording_names(layout, self.tree)
            for code in label_codes(
                self.tree, layout, name, read_own_table(self.tree, name, layout), {}
            ).values
        }
