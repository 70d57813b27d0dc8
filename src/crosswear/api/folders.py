"""Folders that calls use when they name none."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from crosswear.core.data_place import DataPlace, data_place

DATA_VARIABLE, CACHE_VARIABLE = "CROSSWEAR_DATA", "CROSSWEAR_CACHE"
DEFAULT_CACHE = platformdirs.user_cache_path("crosswear")


def data_folder(data: str | Path | None) -> DataPlace | None:
    """Return the folder or URL with one folder per dataset.

    Args:
        data: the folder or URL; that of CROSSWEAR_DATA, if there is one, without it.

    Raises:
        UsageError: if it is a URL with a password.
    """
    found = data or os.environ.get(DATA_VARIABLE)
    return data_place(found) if found else None


def cache_folder(cache: str | Path | None) -> Path:
    """Return the folder of prepared domains.

    Args:
        cache: the folder; that of CROSSWEAR_CACHE, or else the user's own, without it.
    """
    return Path(cache or os.environ.get(CACHE_VARIABLE) or DEFAULT_CACHE)
