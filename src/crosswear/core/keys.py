"""Names of things: canonical JSON, digests, and seeds made from names."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def to_json(value: Any) -> Json:
    """Turn frozen dataclasses, tuples and plain values into JSON values.

    Raises:
        TypeError: for any other type, so that no `repr` ever becomes part of a key.
        ValueError: for NaN and infinities, which JSON cannot hold.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_json(getattr(value, field.name)) for field in fields}
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("only text may be a key in canonical JSON")
        return {name: to_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} has no canonical JSON")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


def essentials(value: Any) -> Json:
    """Return `to_json` without the fields of dataclasses that have their default.

    A key made of essentials stays the same when a setting is added whose default changes nothing.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: essentials(one) for field, one in fields if one != _default(field)}
    return to_json(value)


def canonical_json(value: Any) -> str:
    """Return one text for equal values: keys sorted, no spaces, ASCII only."""
    return json.dumps(
        to_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def digest(value: Any) -> str:
    """Return the sha256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def seed_for(*names: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on the names alone, in their order."""
    return int(digest(list(names))[:16], 16) >> 1
