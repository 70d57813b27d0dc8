"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, one: str, many: str) -> str:
    """A count with what is counted: ``1 gap splits …``, ``2 gaps split …``.

    Args:
        count: how many.
        one: what follows the number 1.
        many: what follows any other number.
    """
    return f"{count} {one if count == 1 else many}"
