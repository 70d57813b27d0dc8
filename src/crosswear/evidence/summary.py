"""The verdict of a study in one paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from crosswear.evidence.model import Verdict


def summarise(verdicts: Sequence[Verdict], done: int, expected: int) -> str:
    """What a reader should know at first sight, the unwelcome included."""
    judged = [verdict for verdict in verdicts if verdict.over_scratch is not None]
    lacking = f" {expected - done} of {expected} cells are not done." if done < expected else ""
    if not judged:
        return f"No transfer can be judged yet.{lacking}"
    sentences = [
        _against(judged, "over_scratch", "the network from scratch"),
        _against(judged, "over_untrained", "the same network with an untrained source"),
        _against(judged, "over_classical", "the best classical baseline with the same labels"),
        _small(judged),
    ]
    undecided = sum(verdict.effect == "unknown" for verdict in judged)
    if undecided:
        sentences.append(f"{undecided} verdicts have too few repetitions or people to be sure of.")
    return " ".join(sentence for sentence in sentences if sentence) + lacking


def _against(judged: Sequence[Verdict], kind: str, whom: str) -> str:
    contrasts = [one for verdict in judged if (one := getattr(verdict, kind))]
    if not contrasts:
        return ""
    effects = Counter(one.effect for one in contrasts)
    mean = 100 * float(np.mean([one.difference.mean for one in contrasts]))
    return (
        f"Against {whom}, transfer helps in {effects['helps']} of {len(contrasts)} comparisons "
        f"and hurts in {effects['hurts']} (mean {mean:+.1f} points)."
    )


def _small(judged: Sequence[Verdict]) -> str:
    """Where the fewest labels are: what to do there."""
    size = min(verdict.size for verdict in judged)
    mine = [verdict for verdict in judged if verdict.size == size]
    lost = {v.target for v in mine} - {
        v.target for v in mine if v.over_classical is None or v.over_classical.difference.mean >= 0
    }
    if not any(verdict.over_classical for verdict in mine):
        return ""
    if not lost:
        return (
            f"With {size} windows, transfer from some source is level with the classical baselines "
            "or better on every target."
        )
    names = ", ".join(sorted(lost))
    return (
        f"With {size} windows, a classical baseline is better than transfer from any source "
        f"on {names}."
    )
