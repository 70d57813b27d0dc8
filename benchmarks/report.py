"""The report of a study of ten thousand cells, planted: time, memory and size of the page.

    python benchmarks/report.py [--folder DIR]

Time and memory include reading the records; the limits are a minute, a gigabyte, and 8 MB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from crosswear.core.markdown import table
from crosswear.evidence.records import read_records, write_records
from crosswear.report.whole import report_study

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from generators.evidence import records_of

DOMAINS = [f"domain-{letter}" for letter in "abcdefgh"]
STUDY = f"""
name = "ten-thousand"
[domains]
{chr(10).join(f'{name} = "simulated-daily"' for name in DOMAINS)}
[grid]
sizes = [20, 50, 100, 200, 400]
blocks = [0, 1, 2, 3, 5]
seeds = 5
sources = {[*DOMAINS, "random"]}
baselines = ["majority", "forest", "minirocket", "logistic"]
"""
CLASSES = 19


def main() -> None:
    """Report the study and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="where the report stays")
    chosen: Path | None = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen or Path(temporary)
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # its memory is not counted
            cells = pool.apply(_plant, (folder / "planted.parquet",))
        start = time.perf_counter()
        report_study(read_records(folder / "planted.parquet"), folder, allow_partial=False)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = (folder / "index.html").stat().st_size / 1e6
    rows = [(f"{cells:,}", f"{seconds:.1f}", f"{memory:.0f}", f"{size:.2f}")]
    print(table(["cells", "seconds", "peak memory (MB)", "page (MB)"], rows, 0))


def _plant(path: Path) -> int:
    records = records_of(STUDY, CLASSES)
    write_records(records, path)
    return len(records.observed)


if __name__ == "__main__":
    main()
