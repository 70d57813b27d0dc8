"""Contents of the names of files: patterns that match them, and which part is what."""

from __future__ import annotations

import glob
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crosswear.datasets.propose.codes import code_regex, split_codes
from crosswear.datasets.tree import FileTree
from crosswear.tables.text import split_ending
from crosswear.tables.words import (
    are_counted,
    are_numbered_people,
    are_padded_codes,
    are_participant_codes,
    may_be_numbered_people,
    never_people,
    number_twice,
    sounds_like_activities,
)

_WORDS = re.compile(r"([_\-. ])")
_LONG = 4
"""Digits of a number that is more likely of a device or a person than a counter."""
_PLACEMENT = re.compile(
    r"(?<![a-z])(?:(left|right|dominant|non_?dominant)[_ -]?)?"
    r"(wrist|hand|forearm|upper_?arm|arm|ankle|waist|hip|chest|thigh|pocket|foot|head)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NamePart:
    """A part of the names that differs from file to file.

    Attributes:
        component, token: which folder or file name, and which piece of it.
        values: what it is for each file.
        before: what stands before it in every name, within the same folder or file name.
    """

    component: int
    token: int
    values: tuple[str, ...]
    before: str

    def __str__(self) -> str:
        different = sorted(set(self.values))
        more = f" … ({len(different)} in all)" if len(different) > 3 else ""
        return ", ".join(different[:3]) + more


def file_patterns(tree: FileTree, names: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    """Glob patterns that match `names` and none of the `others`."""
    endings = sorted({split_ending(name)[1] for name in names})
    split = [name.split("/") for name in names]
    tries = [[f"**/*{ending}" for ending in endings], [f"**/{glob.escape(split[0][-1])}"]]
    if len({len(parts) for parts in split}) == 1:
        common = [_common(sorted(set(column))) for column in zip(*split, strict=True)]
        # What comes later, of another person in another folder, should match, too.
        folders = "*/" * (len(common) - 1)
        by_ending = [f"{folders}*{ending}" for ending in endings]
        tries = [by_ending, [folders + common[-1]], ["/".join(common)], *tries]
    tries.append(["**/" + _common(sorted({parts[-1] for parts in split}))])
    for patterns in tries:
        matched = {name for pattern in patterns for name in tree.glob(pattern)}
        if sorted(matched & {*names, *others}) == sorted(names):
            return tuple(patterns)
    return tuple(glob.escape(name) for name in names)


def name_parts(names: Sequence[str]) -> tuple[list[list[list[str]]], list[NamePart]]:
    """The names in pieces, and the pieces that differ.

    Returns:
        For each component, for each file the pieces and what stands between them in turn (pieces
        at even positions, an ending behind nothing); and the differing pieces, without endings
        and without those that repeat an earlier one.
    """
    split = [name.split("/") for name in names]
    if len({len(parts) for parts in split}) > 1:
        return [], []
    pieces = [_pieces(column) for column in zip(*split, strict=True)]
    parts: list[NamePart] = []
    for component, files in enumerate(pieces):
        if len({len(tokens) for tokens in files}) > 1:
            continue
        for token in range(0, len(files[0]), 2):
            if _is_ending(files[0], token):
                continue
            values = tuple(tokens[token] for tokens in files)
            if len(set(values)) > 1 and values not in [part.values for part in parts]:
                words = {tokens[token - 2] for tokens in files} if token >= 2 else set()
                before = words.pop() if len(words) == 1 else ""
                parts.append(NamePart(component, token, values, before))
    return pieces, parts


def label_part(parts: Sequence[NamePart]) -> NamePart | None:
    """The part of the names that states the activity, if its words say so."""
    likely = [part for part in parts if sounds_like_activities(set(part.values))]
    return likely[0] if len(likely) == 1 else None


def subject_parts(
    parts: Sequence[NamePart], label: NamePart | None
) -> tuple[NamePart | None, list[NamePart]]:
    """The part of the names that states the person, if one clearly does; else those that may.

    A counter, a date, a weekday, a placement or an activity is never among them.

    Args:
        parts: of the names, without any that says the same as a label column.
        label: the part that states the activity.
    """
    rest = [part for part in parts if part is not label]
    clear = [part for part in rest if are_numbered_people(set(part.values), part.before)]
    brief = [part for part in rest if may_be_numbered_people(set(part.values), part.before)]
    found = clear or brief
    only = found[0] if len(found) == 1 and not number_twice(found[0].values) else None
    if only and (clear or _is_person_code(only, label, is_first=only is parts[0])):
        return only, []
    others = [part for part in rest if part not in found and not never_people(set(part.values))]
    return None, [*found, *(part for part in others if _repeats(part, label))]


def says_the_same(part: NamePart, labels: Sequence[str | None]) -> bool:
    """Return whether each value of a part goes with one label of the files, and the other way.

    Args:
        part: of the names.
        labels: the only label of each file, where it is known.
    """
    known = [
        (value.casefold(), label)
        for value, label in zip(part.values, labels, strict=True)
        if label is not None
    ]
    pairs = set(known)
    sides = zip(*pairs, strict=True)
    return len(pairs) > 1 and all(len(set(side)) == len(pairs) for side in sides)


def path_regex(
    pieces: Sequence[Sequence[Sequence[str]]], named: dict[str, NamePart | None]
) -> str | None:
    """A regular expression that matches all names, with a group for each named part."""
    wanted = {(part.component, part.token): role for role, part in named.items() if part}
    if not wanted:
        return None
    components = []
    for component, files in enumerate(pieces):
        alike = len({len(tokens) for tokens in files}) == 1
        if len({tuple(tokens) for tokens in files}) == 1:
            components.append(_literal("".join(files[0])))
        elif not alike or not any(key[0] == component for key in wanted):
            components.append("[^/]+")
        else:
            components.append(_component_regex(component, files, wanted))
    return "/".join(components)


def placements(texts: Sequence[str]) -> set[str]:
    """Placements that are named in all of some texts, as in ``right_wrist``."""
    found = [
        {"_".join(filter(None, match)).lower() for match in _PLACEMENT.findall(text)}
        for text in texts
    ]
    return set.intersection(*found) if found else set()


def _pieces(column: Sequence[str]) -> list[list[str]]:
    """Return folders or file names in pieces; apart from their endings, if those differ."""
    return split_codes(_separated(column))


def _separated(column: Sequence[str]) -> list[list[str]]:
    split = [split_ending(text) for text in column]
    endings = {ending for _, ending in split}
    is_mixed = len(endings) > 1 and "" not in endings
    tokens = [_WORDS.split(stem if is_mixed else stem + ending) for stem, ending in split]
    if len({(len(one), *one[1::2]) for one in tokens}) > 1:
        cut = _cut_codes([_WORDS.split(stem) for stem, _ in split])
        return [
            [*one, "", ending] if ending else one
            for one, (_, ending) in zip(cut, split, strict=True)
        ]
    if is_mixed:
        return [[*one, "", ending] for one, (_, ending) in zip(tokens, split, strict=True)]
    return tokens


def _cut_codes(files: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return names of different numbers of words with the codes at both ends cut off.

    Args:
        files: words, and what stands between them in turn: ``walking_fast_01``, ``sitting_02``.

    Returns:
        Pieces as in `_pieces`: codes, one piece with the words between them, and codes.
    """

    def codes(step: int) -> int:
        number = 0
        while 2 * number + 3 <= min(map(len, files)):
            at = 2 * number if step > 0 else -1 - 2 * number
            if not all(re.search(r"\d", one[at]) for one in files):
                break
            if len({one[at + step] for one in files}) > 1:
                break
            number += 1
        return number

    end = 2 * codes(-1)
    files_left = [one[: len(one) - end] for one in files]
    start = 0
    while 2 * start + 3 <= min(map(len, files_left)) and all(
        re.search(r"\d", one[2 * start]) for one in files
    ):
        start += 1
    if len({one[1] for one in files if len(one) > 1}) > 1:
        start = 0
    begin = 2 * start
    return [
        [*one[:begin], "".join(one[begin : len(one) - end]), *one[len(one) - end :]]
        for one in files
    ]


def _is_ending(tokens: Sequence[str], token: int) -> bool:
    return token > 0 and not tokens[token - 1] and tokens[token].startswith(".")


def _is_code(tokens: Sequence[str], token: int) -> bool:
    """Return whether a piece is a part of one that was split."""
    return (token > 0 and not tokens[token - 1]) or (
        token + 2 < len(tokens) and not tokens[token + 1] and not _is_ending(tokens, token + 2)
    )


def _component_regex(
    component: int, files: Sequence[Sequence[str]], wanted: dict[tuple[int, int], str]
) -> str:
    # A hyphen stands last, where it is not a range.
    between = "".join(sorted(set(files[0][1::2]), key=lambda text: (text == "-", text)))
    text = ""
    for token, first in enumerate(files[0]):
        # Words that were left together contain what stands between others.
        whole = any(sign in tokens[token] for tokens in files for sign in between if token % 2 == 0)
        one = "[^/]+" if whole else f"[^/{between}]+"
        if _is_code(files[0], token):
            one = code_regex([tokens[token] for tokens in files])
        role = wanted.get((component, token))
        if role:
            text += f"(?P<{role}>{one})"
        elif len({tokens[token] for tokens in files}) == 1:
            # A date or a counter that all files share so far.
            text += r"\d+" if first.isdecimal() else _literal(first)
        elif _is_ending(files[0], token):
            endings = sorted({tokens[token] for tokens in files})
            text += f"(?:{'|'.join(map(_literal, endings))})"
        else:
            text += one
    return text


def _common(texts: Sequence[str]) -> str:
    """One pattern for all texts: what they begin and end with, and a star between.

    Only whole words are kept, and words before a number: more would shut out the next recording.
    """
    if len(texts) == 1:
        return glob.escape(texts[0])
    start = _shared_start(texts).rstrip("0123456789")
    if not all(text[len(start) :][:1].isdigit() for text in texts):
        start = re.sub(r"[^_\-. ]+$", "", start)
    end = _shared_start([text[len(start) :][::-1] for text in texts])[::-1]
    return f"{glob.escape(start)}*{glob.escape(re.sub(r'^[^_. -]+', '', end))}"


def _shared_start(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    alike = (place for place, pair in enumerate(zip(low, high, strict=False)) if len(set(pair)) > 1)
    return low[: next(alike, min(len(low), len(high)))]


def _crosses(part: NamePart, label: NamePart) -> bool:
    """Return whether most values of a part occur with several labels."""
    pairs = set(zip(part.values, label.values, strict=True))
    values = set(part.values)
    return sum(len({b for a, b in pairs if a == one}) > 1 for one in values) > len(values) / 2


def _has_each_once(part: NamePart, label: NamePart) -> bool:
    """Return whether every value of a part has every label, in one file each."""
    pairs = list(zip(part.values, label.values, strict=True))
    every = len(set(part.values)) * len(set(label.values))
    return len(pairs) == len(set(pairs)) == every


def _is_person_code(part: NamePart, label: NamePart | None, *, is_first: bool) -> bool:
    """Return whether a brief code is likely a person's: ``s01``, with several labels or files.

    Sessions have such codes, too. Those without leading zeros (``S1``, ``S10``), those of single
    files, and those that count on behind something else are as often counters; but not ``p1``,
    ``p2`` where each begins the name of one file of every label.
    """
    values = set(part.values)
    if are_participant_codes(values) and is_first and label and _has_each_once(part, label):
        return True
    if not are_padded_codes(values) or (are_counted(values) and not is_first):
        return False
    return _crosses(part, label) if label else 2 * len(values) <= len(part.values)


def _repeats(part: NamePart, label: NamePart | None) -> bool:
    """Return whether a part may state people: small numbers must do so for several files each."""
    if not all(value.isdecimal() and len(value) < _LONG for value in part.values):
        return True
    return _crosses(part, label) if label else 2 * len(set(part.values)) <= len(part.values)


def _literal(text: str) -> str:
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)
