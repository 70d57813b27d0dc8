"""Words in names and cells: activities, people, counters, dates and times."""

from __future__ import annotations

import re
from collections.abc import Collection

_STEMS = (
    # English
    r"walk|runn|jogg|sitt|seat|stand|stair|climb|ascend|descend|upstair|downstair|cycl|bik|"
    r"eating|drink|sleep|resting|jump|rowing|driv|typing|writ|wash|brush|clean|cook|fall|still|"
    r"idle|turn|swim|clap|waving|talk|reading|iron|vacuum|sweep|knead|chop|stir|squat|danc|shak|"
    r"throw|catch|gestur|lying|laying|opening|closing|pushing|pulling|"
    # German
    r"geh(?:en|t)|laufe|rennen|jogge|sitze|stehe|liege|schlaf|trepp|radfahr|essen|trinke|springe|"
    # French, Spanish, Portuguese, Italian, Dutch
    r"march(?:e|er)|assis|debout|cour(?:ir|se)|allong|escalier|caminar|caminando|andar|sentad|"
    r"corr(?:er|iendo|ida|endo)|acostad|escalera|deitad|cammin|sedut|in_piedi|lopen|wandel|zitten|"
    r"staan|liggen|rennen|fietsen"
)
_WHOLE = (
    r"walks?|runs?|jogs?|sits?|stands?|lie|lies|lay|climbs?|bike|eats?|rest|rests|row|drive|type|"
    r"write|read|cut|open|close|push|pull|squats?|dance|wave|turns?|null|other|upstairs|downstairs|"
    r"rad|steht|sitzt|liegt|geht|läuft|de pie"
)
_ACTIVITY = re.compile(rf"(?<![^\W\d_])(?:(?:{_STEMS})|(?:{_WHOLE})(?![^\W\d_]))", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")

_CLEAR = (
    r"subject|subj|sub|sbj|user|person|persons|people|participant|proband|probandin|vp|volunteer|"
    r"patient|teilnehmer|teilnehmerin|versuchsperson|sujet|sujeto|participante|persona|personne|"
    r"proefpersoon|wearer"
)
_CLEAR_PERSON = re.compile(rf"(?:{_CLEAR})[ _-]?[a-z]?\d+", re.IGNORECASE)
_CLEAR_WORD = re.compile(_CLEAR, re.IGNORECASE)
_BRIEF_PERSON = re.compile(r"(?:s|p|u|id)[_-]?\d+", re.IGNORECASE)
_PADDED = re.compile(r"([spu])(\d{2,})", re.IGNORECASE)
_BRIEF_WORD = re.compile(r"s|p|u|id|pid|sid", re.IGNORECASE)

_DAYS = (
    r"mo|mon|monday|tu|tue|tues|tuesday|wed|wednesday|th|thu|thur|thurs|thursday|fr|fri|friday|sat|"
    r"saturday|sun|sunday|montag|di|dienstag|mi|mittwoch|do|donnerstag|freitag|sa|samstag|sonnabend|"
    r"so|sonntag|lun|lundi|mardi|mer|mercredi|jeu|jeudi|ven|vendredi|sam|samedi|dim|dimanche|lunes|"
    r"mar|martes|mié|mie|miércoles|miercoles|jue|jueves|vie|viernes|sáb|sab|sábado|sabado|dom|domingo|"
    r"luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|sabato|domenica|maandag|dinsdag|"
    r"woensdag|donderdag|vrijdag|zaterdag|zondag|segunda|terça|terca|quarta|quinta|sexta"
)
_MONTHS = (
    r"jan|january|januar|janvier|enero|feb|february|februar|février|febrero|march|märz|mars|marzo|apr|"
    r"april|avril|abril|may|mai|mayo|jun|june|juni|juin|junio|jul|july|juli|juillet|julio|aug|august|"
    r"août|agosto|sep|sept|september|septembre|septiembre|oct|okt|october|oktober|octobre|octubre|"
    r"nov|november|novembre|noviembre|dec|dez|december|dezember|décembre|diciembre"
)
_MOMENT = re.compile(
    rf"(?:{_DAYS}|{_MONTHS})\.?\d*|am|pm|morning|noon|afternoon|evening|night|morgens?|mittags?|"
    r"abends?|nachts?|matin|midi|soir|mañana|tarde|noche|today|yesterday|heute|gestern|"
    r"(?:19|20)\d\d|\d{1,4}[-_.:hT]\d\d?(?:[-_.:mT]\d{1,4})*s?|\d{6}|\d{8}|\d{8}T?\d{4,6}Z?|"
    r"\d{10}|\d{13}",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"\d{1,2}|0\d*|[a-z]|[ivx]+|(?:session|sess|sitzung|trial|run|rec|recording|aufnahme|messung|"
    r"day|tag|week|woche|file|data|log|take|test|seg|segment|part|teil|set|rep|round|runde|lap|block|"
    r"visit|phase|versuch|essai|prueba|prova|number|nr|no|n|v|ver|version|try|attempt|exp|t|r|d|w|"
    r"first|second|third|old|new|copy|final|before|after|pre|post|baseline|follow_?up)"
    r"[ _.#-]?\(?\d*\)?",
    re.IGNORECASE,
)
_EQUIPMENT = re.compile(
    r"(?:left|right|links|rechts|gauche|droite|izquierda|derecha|lw|rw|la|ra|dominant|non_?dominant|"
    r"(?:left|right)?[_ -]?(?:wrist|hand|arm|forearm|ankle|waist|hip|chest|thigh|pocket|foot|head|"
    r"back|knee)|"
    r"(?:smart)?watch|(?:smart)?phone|band|bracelet|iphone|android|acc|gyro?|mag|sensor|device|imu)"
    r"[ _-]?\d*",
    re.IGNORECASE,
)

_NO_PEOPLE = (_COUNTER, _MOMENT, _EQUIPMENT)
_NUMBER_OR_LETTER = re.compile(r"\d+|[a-z]", re.IGNORECASE)
_PIECES = re.compile(r"[_\-. ]+|(?<=\d)(?=[^\W\d_])")


def sounds_like_activities(values: Collection[str]) -> bool:
    """Return whether at least two of some words, and half of them, are those of activities."""
    words = [value for value in values if value]
    hits = sum(bool(_ACTIVITY.search(_CAMEL.sub("_", value))) for value in words)
    return len(words) >= 2 and hits >= max(2, len(words) / 2)


def are_numbered_people(values: Collection[str], before: str) -> bool:
    """Return whether values say in so many words that they are people, as in ``subject_07``.

    Args:
        values: all values of a column or of a part of names.
        before: the word before all of them, or the name of the column.
    """
    if not _CLEAR_WORD.fullmatch(before):
        return all(_CLEAR_PERSON.fullmatch(value) for value in values)
    plain = all(_NUMBER_OR_LETTER.fullmatch(value) for value in values)
    return not are_moments(values) and (plain or not never_people(values))


def may_be_numbered_people(values: Collection[str], before: str) -> bool:
    """Return whether values use the brief codes of people, which sessions also have: ``S07``."""
    if _BRIEF_WORD.fullmatch(before):
        return not are_moments(values)
    return all(_BRIEF_PERSON.fullmatch(value) for value in values)


def are_padded_codes(values: Collection[str]) -> bool:
    """Return whether values are brief codes of one letter with leading zeros: ``s01``, ``s12``."""
    found = [match for match in map(_PADDED.fullmatch, values) if match]
    alike = len({(match[1], len(match[2])) for match in found}) == 1
    return alike and len(found) == len(values) and any(match[2][0] == "0" for match in found)


def are_participant_codes(values: Collection[str]) -> bool:
    """Return whether values are ``p1``, ``p2`` …: of participants more than of sessions."""
    return all(re.fullmatch(r"p\d{1,2}", value, re.IGNORECASE) for value in values)


def are_counted(values: Collection[str]) -> bool:
    """Return whether the numbers at the end of values count on from 0 or 1, as those of trials."""
    numbers = sorted({int(match[0]) for one in values if (match := re.search(r"\d+$", one))})
    return numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


def number_twice(values: Collection[str]) -> bool:
    """Return whether numbers may be two in one, as in ``S10``, ``S11``, ``S20``, ``S21``.

    First and last digits then occur in all combinations, and the numbers between are missing.
    """
    numbers = {match[0] for value in values if (match := re.search(r"\d+$", value))}
    if len({len(one) for one in numbers}) != 1 or len(numbers) != len(set(values)):
        return False
    counted = sorted(map(int, numbers))
    if counted[-1] - counted[0] < len(counted):
        return False
    cuts = range(1, len(min(numbers)))
    return any(
        1 < len(first := {one[:cut] for one in numbers}) < len(numbers)
        and len(first) * len({one[cut:] for one in numbers}) == len(numbers)
        for cut in cuts
    )


def hide_counters(values: Collection[str]) -> bool:
    """Return whether values end in a counter of something else than themselves: ``Anna_trial2``."""
    pieces = [[piece for piece in _PIECES.split(value) if piece] for value in set(values)]
    last = [one[-1] for one in pieces]
    if min(map(len, pieces), default=0) < 2 or not (
        never_people(last) or all(map(_BRIEF_PERSON.fullmatch, last))
    ):
        return False
    rest = {tuple(one[:-1]) for one in pieces}
    word = "".join(next(iter(rest)))
    return len(rest) < len(pieces) and not (
        len(rest) == 1 and (_CLEAR_WORD.fullmatch(word) or _BRIEF_WORD.fullmatch(word))
    )


def are_moments(values: Collection[str]) -> bool:
    """Return whether values are dates, weekdays, months or times of day."""
    return all(_MOMENT.fullmatch(value) for value in values)


def never_people(values: Collection[str]) -> bool:
    """Return whether values are counters, moments, placements, or activities: never people."""
    plain = [value.strip("()[]{}#") for value in values]
    other = [one for one in plain if any(kind.fullmatch(one) for kind in _NO_PEOPLE)]
    return len(other) > len(plain) / 2 or sounds_like_activities(values)


def are_equipment(values: Collection[str]) -> bool:
    """Return whether values are sides, placements or devices, and differ."""
    return len(values) > 1 and all(_EQUIPMENT.fullmatch(value) for value in values)
