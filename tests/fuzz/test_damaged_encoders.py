"""Damaged encoders are taken or refused: no other exception, and no crash of this process.

``python benchmarks/fuzz_encoders.py`` runs as many cases as one likes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnxruntime")

from crosswear.core.errors import CheckpointError
from fuzz.encoders import damaged, examine_case

CASES = 12


@pytest.mark.slow
def test_damaged_encoders_are_taken_or_refused(tmp_path: Path) -> None:
    refused = []
    for number in range(CASES):
        try:
            examine_case(number, tmp_path)
        except CheckpointError as error:
            refused.append(str(error))
    assert refused
    assert not [text for text in refused if "Traceback" in text or len(text.splitlines()) > 3]
    assert damaged(3) == damaged(3) != damaged(4)
