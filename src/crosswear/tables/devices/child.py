"""The process in which `crosswear.tables.devices.apart` lets other libraries read files.

Of scikit-digital-health, only its compiled module is loaded: the whole package takes seconds and
250 MB for every file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.core.child_process import FAILED, NOT_INSTALLED
from crosswear.tables.devices import empatica
from crosswear.tables.devices.apart import NotInstalledError
from crosswear.tables.devices.format import SECOND_NS, Samples, write_samples

_TOGETHER = 1 << 14  # samples that are written, and later read, at once


def main(reader: str, source: str, target: str) -> int:
    """Convert one file, and return the exit code.

    Args:
        reader: a name in `READERS`.
        source: path of the device's file.
        target: path of the table to write.
    """
    try:
        READERS[reader](source, Path(target))
    except NotInstalledError:
        return NOT_INSTALLED
    except Exception as error:  # noqa: BLE001  # anything: the file is damaged
        sys.stderr.write("\n" + " ".join(f"{error or type(error).__name__}".split()) + "\n")
        return FAILED
    return 0


def _axivity(source: str, target: Path) -> None:
    rate_hz, damaged, values, time_s, _ = _compiled().read_axivity(source)
    if damaged or values.shape[1] not in (3, 6, 9):
        raise ValueError(f"{damaged} damaged samples, {values.shape[1]} channels")
    first = 0 if values.shape[1] == 3 else 3  # after those of the gyroscope
    _write(target, rate_hz, time_s, values[:, first : first + 3])


def _geneactiv(source: str, target: Path) -> None:
    count, rate_hz, values, time_s, *_ = _compiled().read_geneactiv(source)
    _write(target, rate_hz, time_s[:count], values[:count])


def _empatica(source: str, target: Path) -> None:
    _write(target, *empatica.read(source))


READERS: Mapping[str, Callable[[str, Path], None]] = {
    "axivity": _axivity,
    "geneactiv": _geneactiv,
    "empatica": _empatica,
}
"""Take the path of a file and that of the table to write."""


def _compiled() -> Any:
    found = find_spec("skdh")
    for folder in (found and found.submodule_search_locations) or ():
        for suffix in EXTENSION_SUFFIXES:
            path = Path(folder, "io", "_extensions", f"read{suffix}")
            if path.is_file():
                loader = ExtensionFileLoader("read", str(path))
                module = module_from_spec(ModuleSpec("read", loader, origin=str(path)))
                loader.exec_module(module)
                return module
    raise NotInstalledError


def _write(
    target: Path, rate_hz: float, time_s: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    if not len(values):
        raise ValueError("no sample in it")
    if not (np.isfinite(time_s).all() and 1 <= rate_hz <= 10_000):
        raise ValueError(f"a rate of {rate_hz} Hz, or times that are no numbers")

    def pieces() -> Iterator[Samples]:
        for start in range(0, len(values), _TOGETHER):
            piece = slice(start, start + _TOGETHER)
            yield np.rint(time_s[piece] * SECOND_NS).astype(np.int64), values[piece]

    write_samples(target, rate_hz, pieces())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
