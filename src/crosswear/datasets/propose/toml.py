"""A `dataset.toml` as text, with every key explained."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from crosswear.datasets.own.layout import KEYS

_TOP = """\
# Recordings of one's own, as crosswear reads them: give the path of this file wherever a dataset
# is named. What is commented out may be left out.
"""


_TABLES = ("columns", "rows", "labels", "class_patterns", "classes")
_WITH = {
    "columns.x": ("y", "z"),
    "columns.gravity_x": ("gravity_y", "gravity_z"),
    "labels.start": ("stop", "label"),
}
"""Keys that have no line of their own in `KEYS`, by the one that explains them."""


def render(values: Mapping[str, Any], reasons: Mapping[str, str]) -> str:
    """The text of a `dataset.toml`.

    Args:
        values: by key, as in ``{"columns.x": "acc_x", "classes": {"0": "rest"}}``.
        reasons: by key, why the value was guessed; becomes a comment.
    """
    lines = [_TOP]
    tables = {key.partition(".")[0] for key in values}
    for key, meaning in KEYS.items():
        table = key.partition(".")[0]
        if table in ("labels", "class_patterns") and table not in tables:
            continue
        if key in _TABLES:
            head = f"[{key}]" if key != "rows" or key in values else f"# [{key}]"
            lines += ["", *_comment(meaning, reasons.get(key, "")), head]
            for code, name in values.get(key, {}).items():
                lines.append(f"{_text(code)} = {_text(name)}")
            continue
        plain = key.rpartition(".")[2]
        lines += _comment(meaning, reasons.get(key, ""))
        if key in values:
            lines.append(f"{plain} = {_value(values[key])}")
        elif key != "columns.x":
            lines.append(f"# {plain} =")
        lines += [
            f"{other} = {_value(values[f'{table}.{other}'])}"
            for other in _WITH.get(key, ())
            if f"{table}.{other}" in values
        ]
    return "\n".join(lines) + "\n"


def _comment(meaning: str, reason: str) -> list[str]:
    text = meaning + (f" Guessed: {reason}." if reason and reason != "as answered" else "")
    return [f"# {line}" for line in textwrap.wrap(text, 96, break_long_words=False)]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def _text(text: str) -> str:
    """A literal string where there are backslashes, as in regular expressions."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
