"""Time and memory to read a PAMAP2 file of genuine size on one core.

Run it with ``python benchmarks/parsing.py``. It writes a file of about 200 MB to a temporary
folder, reads the columns of the wrist from it in fresh processes, three times each, and removes it
again. Processor time of the fastest reading counts, for other programs do not change it:

* crosswear: the reader of PAMAP2, recordings and labels included;
* crosswear, zip: the same from a deflated archive;
* pandas: ``read_csv`` with ``usecols``, if pandas is installed;
* numpy: ``loadtxt`` with ``usecols``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

READINGS = 3
SAMPLES = 447_000
"""About as many as in the genuine Protocol/subject102.dat, the largest file: 207 MB."""
NAME = "Protocol/subject102.dat"
COLUMNS = (0, 1, 4, 5, 6)


def write(root: Path, samples: int) -> None:
    """Write the file, and an archive that holds it."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import numpy as np

    from generators import pamap2

    rng = np.random.default_rng(0)
    pamap2.write_file(root / NAME, rng, np.resize(np.repeat([0, 1, 4, 12], 20_000), samples))
    with zipfile.ZipFile(root / "pamap2.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(root / NAME, NAME)


def read(reader: str, root: Path) -> None:
    """Print processor seconds of the fastest reading, and peak MB before and after."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    reading = _reading(reader, root)
    before, seconds = _peak_mb(), []
    for _ in range(READINGS):
        start = time.process_time()
        reading()
        seconds.append(time.process_time() - start)
    print(min(seconds), before, _peak_mb())


def _reading(reader: str, root: Path) -> Callable[[], int]:
    """Import what the reader needs; the function reads, and returns how many samples it found."""
    if reader == "pandas":
        import pandas as pd

        return lambda: len(pd.read_csv(root / NAME, sep=" ", header=None, usecols=list(COLUMNS)))
    if reader == "numpy":
        import numpy as np

        return lambda: len(np.loadtxt(root / NAME, usecols=COLUMNS))
    from crosswear.datasets import lookup
    from crosswear.datasets.archive import open_archive
    from crosswear.datasets.tree import FolderTree

    spec, options = lookup("pamap2")
    tree = (
        open_archive(FolderTree(root), "pamap2.zip") if reader.endswith("zip") else FolderTree(root)
    )
    return lambda: sum(len(one.labels) for one in spec.read(tree, options, lambda sentence: None))


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Write in one process, read in others, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        job, root = given.child[0], Path(given.child[1])
        write(root, given.samples) if job == "write" else read(job, root)
        return
    readers = ["crosswear", "crosswear, zip", "pandas", "numpy"]
    if importlib.util.find_spec("pandas") is None:
        readers.remove("pandas")
        print("pandas is not installed: left out")
    with tempfile.TemporaryDirectory() as root:
        # The parent stays small: a child's peak starts with the memory of its parent.
        again = [sys.executable, __file__, "--samples", str(given.samples), "--child"]
        subprocess.run([*again, "write", root], check=True)  # noqa: S603
        size_mb = (Path(root) / NAME).stat().st_size / 1e6
        print(f"{size_mb:.0f} MB of text, {given.samples} samples, one core")
        print(f"{'reader':<16}{'s':>8}{'MB/s':>8}{'peak MB':>10}{'of that, imports':>18}")
        for reader in readers:
            output = subprocess.run(  # noqa: S603
                [*again, reader, root], check=True, capture_output=True, text=True
            ).stdout
            seconds, before, peak = map(float, output.split())
            print(
                f"{reader:<16}{seconds:>8.2f}{size_mb / seconds:>8.0f}{peak:>10.0f}{before:>18.0f}"
            )


if __name__ == "__main__":
    main()
