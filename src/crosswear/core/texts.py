"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """A count with what is counted: ``1 gap splits …``, ``2 gaps split …``, ``1,200 cells``.

    Args:
        count: how many.
        one: what follows the number 1.
        many: what follows any other number; `one` with an s, without it.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def install(extra: str) -> str:
    """How to add what an extra of the package needs; it is on no index of packages."""
    return f"in a checkout of crosswear: pip install '.[{extra}]'"
