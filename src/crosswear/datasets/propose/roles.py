"""Guesses and questions about people and labels."""

from __future__ import annotations

from collections.abc import Sequence

from crosswear.core.texts import counted
from crosswear.datasets.own.contents import read_own_table
from crosswear.datasets.own.file_names import path_tells, recording_names
from crosswear.datasets.own.layout import FILE_NAME, Layout, parse_layout
from crosswear.datasets.own.recordings import label_codes
from crosswear.datasets.propose import labels_beside
from crosswear.datasets.propose.group import Group
from crosswear.datasets.propose.paths import (
    NamePart,
    label_part,
    name_parts,
    path_regex,
    says_the_same,
    subject_parts,
)
from crosswear.datasets.propose.proposal import Question, Sheet
from crosswear.datasets.propose.toml import render
from crosswear.tables.evidence import RunnerUp
from crosswear.tables.sampled import Sample
from crosswear.tables.steady import MOST_CLASSES, RoleColumns, role_columns
from crosswear.tables.words import (
    are_equipment,
    are_padded_codes,
    are_participant_codes,
    number_twice,
)

_NULL_WORDS = {"", "null", "none", "nan", "na", "unknown", "undefined", "unlabelled", "unlabeled"}
_NULL_WORDS |= {"other", "transition", "-", "?", "no activity"}
_WHO = (
    "Who wore the sensor? subject=NAME if one person wore it in all files. If not, which column "
    "names the person (columns.subject=COLUMN), or which part of the file names (path=REGEX with "
    "(?P<subject>…))? Counters, dates and labels are no people: a model that is tested on people "
    "it knows promises too much."
)
_TWICE = (
    " Their digits may be two numbers, such as a person's and a recording's: then put one of them "
    r"into the group, as in (?P<subject>S\d)\d."
)


def people_and_labels(
    sheet: Sheet, group: Group, samples: Sequence[Sample], taken: set[str | int]
) -> None:
    """Say or ask who wore the sensor, and where the labels are."""
    columns = role_columns(samples, taken)
    pieces, parts = name_parts(group.names)
    answered = sheet.answers.get("path", "")
    unlabelled = sheet.answers.get("columns.label") == ""
    label = None if columns.label or answered or unlabelled else label_part(parts)
    if "labels.file" in sheet.answers:
        labels_beside.describe(sheet, group)
    _label(sheet, columns, label, group)
    if len(columns.label) == 1:
        labels = _only_labels(group, columns.label[0])
        parts = [part for part in parts if not says_the_same(part, labels)]
    by_column = len(columns.subject) == 1
    known = by_column or any(key in sheet.answers for key in ("subject", "columns.subject"))
    if by_column and "subject" not in sheet.answers:
        second = _second(columns.perhaps_subject)
        sheet.say("columns.subject", columns.subject[0], "its name; steady over many rows", second)
    elif known:
        sheet.say("subject", None, "")
        sheet.say("columns.subject", None, "")
    if len(columns.session) == 1:
        sheet.say("columns.session", columns.session[0], "its name; it is steady")
    if answered:
        sheet.say("path", answered, "")
        if not known and "(?P<subject>" not in answered:
            sheet.ask("subject", _WHO)
        return
    subject, perhaps = (None, []) if known else subject_parts(parts, label)
    named = {"label": label, "subject": subject}
    regex = path_regex(pieces, named)
    if regex:
        said = [f"{role} {part}" for role, part in named.items() if part]
        sheet.say("path", regex, f"the names give {' and '.join(said)}")
    codes = set(subject.values) if subject else set()
    if codes and (are_padded_codes(codes) or are_participant_codes(codes)):
        sheet.notes.append(
            f"{subject} are taken for people. If they are sessions of one person, subject=NAME "
            "says so."
        )
    if not known and subject is None:
        options = [f"columns.subject={name}" for name in columns.perhaps_subject]
        options += [
            f"path={path_regex(pieces, {'label': label, 'subject': part})}" for part in perhaps
        ]
        shown = [""] * len(columns.perhaps_subject) + [f" for {part}" for part in perhaps]
        listed = "; ".join(map(str.__add__, options, shown))
        seen = f" Perhaps people: {listed}." if options else ""
        seen += _TWICE if any(number_twice(part.values) for part in perhaps) else ""
        sheet.ask("subject", _WHO + seen, options)
    _one_sensor(sheet, [part for part in parts if part not in (label, subject)])


def classes(sheet: Sheet, group: Group) -> None:
    """Say the class table: every label of every file, by reading them as proposed so far."""
    in_path = "(?P<label>" in (sheet.value("path") or "")
    if not in_path and not {"columns.label", "labels.file"} & sheet.guesses.keys():
        return
    draft = {key: guess.value for key, guess in sheet.guesses.items()}
    # Labels are read without the spaces around them: these two are none.
    draft["classes"] = {" a": "a", " b": "b"}
    layout = parse_layout(render(draft, {}), FILE_NAME)
    labels, people = _labels_and_people(sheet, layout)
    found = sorted(set(labels))
    if all(code.lstrip("-").isdecimal() for code in found if code):
        found.sort(key=lambda code: int(code or 0))
        _ask_for_null(sheet, [code for code in found if code and int(code) <= 0])
    null = [code for code in found if code.casefold() in _NULL_WORDS]
    sheet.say("null", null or "", "words for no activity")
    codes = [code for code in found if code not in (sheet.value("null") or [])]
    if not 2 <= len(codes) <= MOST_CLASSES:
        shown = ", ".join(codes[:5])
        sheet.questions.append(
            Question(
                "columns.label",
                f"{len(codes)} different labels ({shown}) are not a class table; where are "
                "the labels?",
            )
        )
        return
    prefix = "classes."
    named = {key: name for key, name in sheet.answers.items() if key.startswith(prefix)}
    names = {code: code for code in codes}
    names |= {key.removeprefix(prefix): name for key, name in named.items()}
    sheet.say("classes", names, f"all labels of {counted(len(group.names), 'file')}; rename")
    if "label" in layout.path_groups and len(set(labels)) == len(labels):
        sheet.notes.append(
            "Every recording is a class of its own: no class can be tested on another recording. "
            "If the labels contain a running number, give path a group (?P<label>…) without it."
        )
    sheet.notes += _alike("people", people) + _alike("labels", codes)


def _label(sheet: Sheet, columns: RoleColumns, label: NamePart | None, group: Group) -> None:
    answered = sheet.answers.get("path", "")
    elsewhere = "(?P<label>" in answered or "labels.file" in sheet.answers
    if len(columns.label) == 1 and not elsewhere:
        second = _second((*columns.perhaps_subject, *columns.other))
        sheet.say("columns.label", columns.label[0], "few values, steady over many rows", second)
    elif label is None and not elsewhere:
        listed = columns.label or (*columns.perhaps_subject, *columns.other)
        candidates = ", ".join(map(str, listed)) or "none found"
        offered = labels_beside.offers(sheet.tree, group)
        beside = f" Perhaps {' or '.join(offered)}." if offered else ""
        sheet.ask(
            "columns.label",
            "Which column is the label, or which part of the file names (path=REGEX with "
            "(?P<label>…)), or which file beside them holds start, stop and label "
            f"(labels.file=FILE)?{beside} Columns with few values: {candidates}. columns.label= if "
            "there are no labels: then only predict can use the files.",
            offered,
        )


def _second(columns: Sequence[str | int]) -> RunnerUp | None:
    """Return the first of some columns that are as steady."""
    if not columns:
        return None
    return RunnerUp(columns[0], "as steady, but neither its name nor its values say so")


def _only_labels(group: Group, column: str | int) -> list[str | None]:
    """Return the label of each file, where it was sampled and has a single one."""
    found: list[str | None] = []
    for name in group.names:
        one = group.samples[name][column].filled() if name in group.samples else None
        different = set(one.values.tolist()) if one is not None else set()
        value = different.pop() if len(different) == 1 else None
        found.append(None if value is None or one is None else _text(one.texts, value))
    return found


def _text(texts: Sequence[str], value: float) -> str:
    return (texts[int(value)] if texts else f"{value:g}").casefold()


def _one_sensor(sheet: Sheet, parts: Sequence[NamePart]) -> None:
    """Ask for the files of one sensor, if the names say that there are several."""
    for part in parts:
        if are_equipment(set(part.values)) and "path" not in sheet.answers:
            sheet.ask(
                "files",
                f"The names differ in {part}: sensors at several places or of several kinds. "
                "Which files are those of one sensor (files=PATTERN)?",
            )


def _ask_for_null(sheet: Sheet, codes: Sequence[str]) -> None:
    """Ask whether 0 and negative numbers are no activity."""
    if codes:
        listed = ", ".join(f'"{code}"' for code in codes)
        sheet.ask(
            "null",
            f"{'Does label' if len(codes) == 1 else 'Do labels'} {', '.join(codes)} mean no "
            f"activity? null=[{listed}], or null=[] if not.",
        )


def _labels_and_people(sheet: Sheet, layout: Layout) -> tuple[list[str], set[str]]:
    """Return the labels of each file in turn, and the names of all people."""
    labels: list[str] = []
    people: set[str] = set()
    in_columns = {"label", "subject"} & layout.columns.used().keys()
    for name in recording_names(layout, sheet.tree):
        said = path_tells(sheet.tree, layout, name)
        labels += [said["label"]] if "label" in said else []
        people |= {said["subject"]} if "subject" in said else set()
        if in_columns or layout.labels is not None:
            table = read_own_table(sheet.tree, name, layout)
            codes = table.codes
            if "label" in codes or layout.labels is not None:
                labels += label_codes(sheet.tree, layout, name, table, {}).values
            people |= set(codes["subject"].values) if "subject" in codes else set()
    return labels, people


def _alike(what: str, names: Sequence[str] | set[str]) -> list[str]:
    """Return a note on names that differ in nothing but case, spaces or signs between words."""
    groups: dict[str, list[str]] = {}
    for name in sorted(one for one in names if any(map(str.isalpha, one))):
        groups.setdefault("".join(filter(str.isalnum, name.casefold())), []).append(name)
    listed = [" and ".join(map(repr, group)) for group in groups.values() if len(group) > 1]
    return [
        f"{'; '.join(listed)} are read as different {what}: correct the files if they are the same."
    ] * bool(listed)
