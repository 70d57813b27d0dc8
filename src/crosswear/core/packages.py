"""Packages of optional extras."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from crosswear.core.errors import UsageError
from crosswear.core.texts import install


def expect_packages(what: str, names: Iterable[str], extra: str) -> None:
    """Check that packages are installed.

    Args:
        what: needs them.
        names: of the packages.
        extra: the extra of crosswear that installs them.

    Raises:
        UsageError: naming those that are missing.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"{what} needs {' and '.join(missing)}, not installed here", todo=install(extra)
        )
