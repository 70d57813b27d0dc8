"""Damage a small encoder in many ways, and count what its import makes of them.

    python benchmarks/fuzz_encoders.py --cases 300

Each case is examined as `crosswear encoder import` does. Prints how many were taken and how many
refused, with the reasons; then every case that raised another exception than a `CrosswearError`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from crosswear.core.errors import CrosswearError


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fuzz.encoders import examine_case

    outcomes: Counter[str] = Counter()
    failed, longest = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.cases):
            start = time.monotonic()
            try:
                examine_case(number, Path(folder))
                outcomes["taken"] += 1
            except CrosswearError as error:
                outcomes[f"refused: {error.what[:60]}"] += 1
            except Exception as error:  # noqa: BLE001  # what this is looking for
                failed.append(f"case {number}: {error!r}")
            longest = max(longest, time.monotonic() - start)
    for what, count in outcomes.most_common():
        print(f"{count:5d} {what}")
    print(f"longest {longest:.1f} s, {len(failed)} other exceptions")
    print("\n".join(failed))


if __name__ == "__main__":
    main()
