"""Change the layouts of the registry in many ways, and count the guesses that are wrong.

    python benchmarks/wrong_guesses.py --cases 2000 --seed 1

Each case takes a layout of `tests/generators/layouts.py`, changes it in one to four ways (columns
in another order, names in another language, another unit, more sensors, no names, other stamps …),
writes two files, and asks `data new` and `predict` about them. It is *right* if both read the
acceleration in g on the right axes, at the true rate and instants; *asked* or *refused* if they say
what is unclear; *noted* if no second is at rest, the unit is off, and a note says
that it is unchecked; and silently *wrong* otherwise. Prints the shares, by change too, and every
wrong case. One case again: ``--first 17 --cases 1``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

VERDICTS = ("right", "asked", "refused", "noted", "wrong")


def main() -> None:
    """Run the cases and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="print every case")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fuzz.guesses import run_case

    begin = time.monotonic()
    counts: Counter[str] = Counter()
    by_change: dict[str, Counter[str]] = {}
    for number in range(options.first, options.first + options.cases):
        with tempfile.TemporaryDirectory() as folder:
            one = run_case(options.seed, number, Path(folder))
        counts[one.verdict] += 1
        for change in one.changes:
            by_change.setdefault(change, Counter())[one.verdict] += 1
        if options.verbose or one.verdict == "wrong":
            print(
                f"{number}: {one.verdict}: {one.layout}: {', '.join(one.changes)}: {one.why}",
                flush=True,
            )
        done = number - options.first + 1
        if done % 100 == 0:
            print(f"{done} of {options.cases} cases, {time.monotonic() - begin:.0f} s", flush=True)
    print("\n| change | cases | " + " | ".join(VERDICTS) + " |\n|---|---|---|---|---|---|---|")
    for change, found in sorted(by_change.items()):
        print(_row(change, found))
    print(_row("all", counts))


def _row(name: str, counts: Counter[str]) -> str:
    total = sum(counts.values())
    shares = [f"{counts[one] / total:.1%}" for one in VERDICTS[:-1]]
    return f"| {name} | {total} | {' | '.join(shares)} | {counts['wrong']} |"


if __name__ == "__main__":
    main()
