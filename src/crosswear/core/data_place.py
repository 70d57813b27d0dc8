"""Where datasets lie: in a folder of this machine, or at a URL that fsspec reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeAlias

from crosswear.core.errors import UsageError

DataPlace: TypeAlias = Path | str
"""A folder, or a URL such as ``s3://bucket/datasets``."""

_PROTOCOL = "[A-Za-z][A-Za-z0-9+.-]+"  # one letter is a drive
_URL = re.compile(f"{_PROTOCOL}(::{_PROTOCOL})*://", re.ASCII)


def data_place(data: str | Path) -> DataPlace:
    """Return a URL as it is, and anything else as a path.

    Raises:
        UsageError: if a URL holds a password: messages and files of a run would show it.
    """
    if isinstance(data, Path) or not _URL.match(data):
        return Path(data)
    hosts = [one.partition("://")[2].partition("/")[0] for one in data.split("::")]
    if any(":" in host.rpartition("@")[0] for host in hosts):
        raise UsageError(
            "the URL of the data holds a password",
            where=data.partition("://")[0],
            expected="a URL without one: messages and the files of a run show it",
            todo="let fsspec know the password, by its configuration or the environment",
        )
    return data if data.endswith("://") else data.rstrip("/")
