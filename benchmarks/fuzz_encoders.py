"""Damage a small encoder in many ways, and count what its import makes of them.

    python benchmarks/fuzz_encoders.py --cases 300

Each case is examined as `crosswear encoder import` does, in a process of its own; they are forked
from one that has loaded the libraries. Prints how many were taken and refused, with the reasons.
Cases that crash their process, or do not end, are imported once more as users do it: every error
but a `CheckpointError` is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import onnx  # noqa: F401
import onnxruntime  # noqa: F401

from crosswear.core.child_process import FAILED
from crosswear.core.errors import CheckpointError
from crosswear.core.keys import to_json
from crosswear.encoders import probe

HANGS_S = 120


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fuzz.encoders import CARD, damaged, examine_case

    card = json.dumps(to_json(CARD))
    outcomes: Counter[str] = Counter()
    crashed, longest = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "damaged.onnx"
        for number in range(options.first, options.first + options.cases):
            file.write_bytes(damaged(number))
            start = time.monotonic()
            outcome = in_a_fork(file, card)
            longest = max(longest, time.monotonic() - start)
            if outcome.startswith("ended by"):
                crashed.append(number)
            outcomes[outcome] += 1
        wrong = [number for number in crashed if not refused(number, examine_case, Path(folder))]
    for what, count in outcomes.most_common():
        print(f"{count:5d} {what}")
    print(f"longest {longest:.1f} s; {len(crashed)} processes died: {crashed}")
    print(f"not refused with one error after that: {wrong}")


def in_a_fork(file: Path, card: str) -> str:
    """Examine a file in a child of this process, and return what came of it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(HANGS_S)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = probe.main(str(file), card)
        os.write(write, said.getvalue().encode()[-4000:])
        os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 0:
        return "taken"
    if code == FAILED:
        return f"refused: {json.loads(text.strip().splitlines()[-1])[0][:50]}"
    return f"ended by {code}"


def refused(number: int, examine_case: object, folder: Path) -> bool:
    """Return whether the import as users do it refuses a case with one error."""
    try:
        examine_case(number, folder)  # type: ignore[operator]
    except CheckpointError:
        return True
    return False


if __name__ == "__main__":
    main()
