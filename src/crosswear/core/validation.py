"""Settings files that are wrong: pydantic's findings as one clear error."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TypeVar

import pydantic
from pydantic_core import ErrorDetails

from crosswear.core.errors import CrosswearError

E = TypeVar("E", bound=CrosswearError)
T = TypeVar("T")

PLACEMENT = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Pattern of the name of a placement, and of a file made of it."""
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
NAME = rf"^{_NAME}$"
"""Pattern of the name of a study or a domain."""
SOURCES = rf"^{_NAME}(\+{_NAME})*$"
"""Pattern of names that `+` joins: source domains of one network."""

_EXPECTED = {
    "too_short": "{min_length} entries or more",
    "too_long": "{max_length} entries or fewer",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
}
"""Expectations by the type of pydantic's finding, in the words of TOML; others have their own."""
_BEGINNING = "with one of the first two in front, of 64 characters at most"
_PATTERNS = {
    PLACEMENT: f"a name of letters, digits, '-' and '_', {_BEGINNING}",
    NAME: f"a name of letters, digits, '.', '-' and '_', {_BEGINNING}",
    SOURCES: f"names of letters, digits, '.', '-' and '_', {_BEGINNING}, joined by '+'",
}
"""The patterns in words."""
_UNION_MEMBER = re.compile(r"str|int|float|(constrained-|literal\[).*")


def parse_settings(text: str, settings: type[T], where: str, kind: type[E], keys: str) -> T:
    """Check the text of a settings file.

    Args:
        text: TOML.
        settings: a pydantic dataclass.
        where: name of the file, for messages.
        kind: class of the error.
        keys: the document that lists all keys.

    Raises:
        CrosswearError: of the given kind, naming the key, what was found and what was expected.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise kind(f"not valid TOML: {error}", where=where, expected="a TOML file") from error
    try:
        # Through JSON: there, strict types still let a list be a tuple and a table a dataclass.
        return pydantic.TypeAdapter(settings).validate_json(json.dumps(content, default=str))
    except pydantic.ValidationError as error:
        raise first_problem(error, where, kind, keys) from error


def first_problem(error: pydantic.ValidationError, where: str, kind: type[E], keys: str) -> E:
    """Return the most helpful finding as an error of the given kind.

    Args:
        error: what pydantic found.
        where: name of the file.
        kind: class of the error.
        keys: the document that lists all keys.
    """
    problems = error.errors(include_url=False)
    # A misspelt key is missing as well: its own line says more.
    problem = min(problems, key=lambda one: one["type"] != "unexpected_keyword_argument")
    # A value of none of several types is reported once, without the names of the types.
    path = [str(part) for part in problem["loc"] if part != "[key]"]
    if path and _UNION_MEMBER.fullmatch(path[-1]):
        path.pop()
    loc = problem["loc"][: len(path)]
    alike = [one for one in problems if one["loc"][: len(path)] == loc]
    more = f" (and {len(problems) - len(alike)} more)" if len(problems) > len(alike) else ""
    where = f"{where}: {'.'.join(path)}" if path else where
    if problem["type"] == "unexpected_keyword_argument":
        return kind(
            f"unknown key{more}",
            where=where,
            expected=f"one of the keys that {keys} lists",
            todo="correct or remove it",
        )
    if problem["type"].startswith("missing"):
        return kind(
            f"missing key{more}", where=where, expected=f"the keys that {keys} lists", todo="add it"
        )
    found = json.dumps(problem["input"], ensure_ascii=False, default=str)
    expected = map(_expected, alike)
    return kind(
        f"found {found if len(found) < 80 else 'a wrong value'}{more}",
        where=where,
        expected=" or ".join(dict.fromkeys(expected)),
    )


def _expected(problem: ErrorDetails) -> str:
    if problem["type"] == "string_pattern_mismatch":
        pattern = str(problem["ctx"]["pattern"])
        return _PATTERNS.get(pattern, f"a text like {pattern}")
    if problem["type"] in _EXPECTED:
        return _EXPECTED[problem["type"]].format(**problem.get("ctx", {}))
    return problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
