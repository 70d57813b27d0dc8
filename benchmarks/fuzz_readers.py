"""Damage small sound datasets in many ways, and count what the readers make of them.

    python benchmarks/fuzz_readers.py --cases 20000

Prints a table by dataset: how many cases were read and refused, how long the worst one took, and
by how much memory grew at its peak; then every case that raised another exception than a
`CrosswearError`, took more than 5 s or let memory grow by more than 1 GB. Each dataset runs in a
process of its own, one after the other; a process that dies is listed with the case that killed it.
One case again: ``--dataset wharf --first 17 --cases 1 --verbose``.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LONGEST_S = 5.0
LARGEST_MB = 1000.0
HANGS_S = 60


def peak_mb() -> float:
    """Largest memory that this process ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def run(dataset: str, first: int, cases: int) -> None:
    """Run cases and print a line of JSON before and after each."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fuzz.cases import run_case, write_sound

    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound"
        write_sound(dataset, sound)
        start_mb = peak_mb()
        for number in range(first, first + cases):
            print(json.dumps({"case": number}), flush=True)
            faulthandler.dump_traceback_later(HANGS_S, exit=True)
            outcome = run_case(dataset, number, sound, Path(folder) / "case")
            faulthandler.cancel_dump_traceback_later()
            grown = {"case": number, "grown_mb": peak_mb() - start_mb}
            print(json.dumps(vars(outcome) | grown), flush=True)


def summarise(dataset: str, lines: list[dict[str, Any]]) -> list[str]:
    """Print the row of a dataset; returns its failures."""
    done = [line for line in lines if "result" in line]
    results = [line["result"] for line in done]
    worst = max((line["seconds"] for line in done), default=0.0)
    grown = max((line["grown_mb"] for line in done), default=0.0)
    print(
        f"{dataset:<20}{len(done):>7}{results.count('read'):>7}{results.count('refused'):>9}"
        f"{results.count('failed'):>8}{worst:>9.2f}{grown:>10.0f}",
        flush=True,
    )
    failures = [
        f"{dataset}, case {line['case']}: {line['damage']}: {line['said'][:300]} "
        f"({line['seconds']:.1f} s, {line['grown_mb']:.0f} MB)"
        for line in done
        if line["result"] == "failed" or line["seconds"] > LONGEST_S
    ]
    over = [line for line in done if line["grown_mb"] > LARGEST_MB]
    if over:
        failures.append(f"{dataset}, case {over[0]['case']}: {over[0]['damage']}: {LARGEST_MB} MB")
    if lines and "result" not in lines[-1]:
        failures.append(f"{dataset}, case {lines[-1]['case']}: the process died or hung")
    return failures


def main() -> int:
    """Run the datasets one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=20_000, help="of all datasets together")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--dataset", help="only this one")
    parser.add_argument("--verbose", action="store_true", help="print every case")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        run(given.dataset, given.first, given.cases)
        return 0
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fuzz.cases import DATASETS

    datasets = [given.dataset] if given.dataset else list(DATASETS)
    each = -(-given.cases // len(datasets))
    print(
        f"{'dataset':<20}{'cases':>7}{'read':>7}{'refused':>9}{'failed':>8}{'worst s':>9}"
        f"{'grown MB':>10}"
    )
    failures, done = [], 0
    for dataset in datasets:
        again = [sys.executable, __file__, "--child", "--dataset", dataset]
        again += ["--first", str(given.first), "--cases", str(each)]
        output = subprocess.run(  # noqa: S603
            again, stdout=subprocess.PIPE, text=True, check=False
        ).stdout
        lines = [json.loads(line) for line in output.splitlines()]
        if given.verbose:
            print(output)
        failures += summarise(dataset, lines)
        done += sum("result" in line for line in lines)
    print(f"{done} cases, {len(failures)} failures")
    print(*failures, sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
