"""An index of the scores and verdicts of a study by target, source and size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crosswear.core.config import Branches
from crosswear.evidence.statements import (
    CLASSICAL,
    SCRATCH,
    Evidence,
    LearningMethod,
    Score,
    Verdict,
)
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS, Role
from crosswear.report.notice import notice


@dataclass(frozen=True, eq=False)
class EvidenceIndex:
    """The evidence of a study with its axes.

    Attributes:
        evidence: all of it.
    """

    evidence: Evidence

    @cached_property
    def notice(self) -> str:
        """The notice on simulated data; empty without any."""
        return notice(self.evidence)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Domains in the order of the study."""
        return tuple(self.evidence.study.domains)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Sources that are transferred from, in the order of the study."""
        approaches = (score.approach for score in self.evidence.scores)
        found = {one.source for one in approaches if METHODS[one.method].reads == "weights"}
        return tuple(source for source in self.evidence.study.sources if source in found)

    def sources_of(self, target: str) -> tuple[str, ...]:
        """Return the sources of a target: not itself, nor any that it is a part of."""
        origins = self.evidence.study.origins(target)
        return tuple(source for source in self.sources if source in origins)

    @cached_property
    def trained_sources(self) -> tuple[str, ...]:
        """Sources without the untrained control."""
        return tuple(source for source in self.sources if source != UNTRAINED)

    def trained_sources_of(self, target: str) -> tuple[str, ...]:
        """Return the sources of a target without the untrained control."""
        return tuple(source for source in self.sources_of(target) if source != UNTRAINED)

    @cached_property
    def transferred_to(self) -> tuple[str, ...]:
        """Targets with a trained source."""
        return tuple(target for target in self.targets if self.trained_sources_of(target))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Windows in the adaptation set, rising."""
        return tuple(sorted({score.size for score in self.evidence.scores}))

    @cached_property
    def transfers(self) -> tuple[tuple[Branches, int], ...]:
        """Transfers from each source: branches and numbers of blocks."""
        approaches = (score.approach for score in self.evidence.scores)
        found = {(r.branches, r.blocks) for r in approaches if r.role is Role.NETWORK and r.source}
        return tuple(one for one in self.evidence.study.transfers if one in found)

    @cached_property
    def judged(self) -> str:
        """The judged branches in a sentence; empty where there is no choice."""
        if len(set(self.evidence.study.grid.branches)) == 1:
            return ""
        judged = self.evidence.study.judged_branches
        return f"Verdicts and curves: {judged} branch{'es' if judged == 'both' else ''}."

    @cached_property
    def _scores(self) -> dict[tuple[str, int, LearningMethod], Score]:
        return {(one.target, one.size, one.approach): one for one in self.evidence.scores}

    @cached_property
    def _verdicts(self) -> dict[tuple[str, str, int], Verdict]:
        return {(one.target, one.source, one.size): one for one in self.evidence.verdicts}

    @cached_property
    def _best_classical(self) -> dict[tuple[str, int], LearningMethod]:
        named = {approach.label: approach for approach in CLASSICAL}
        verdicts = (one for one in self.evidence.verdicts if one.classical)
        return {(one.target, one.size): named[one.classical] for one in verdicts}

    def score(self, target: str, size: int, approach: LearningMethod) -> Score | None:
        """Return the score of a method; None if the study has no such method."""
        return self._scores.get((target, size, approach))

    def verdict(self, target: str, source: str, size: int) -> Verdict | None:
        """Return the verdict on a transfer; None for the control and the target's own domain."""
        return self._verdicts.get((target, source, size))

    def scratch(self, target: str, size: int) -> Score | None:
        """Return the score of the network from scratch."""
        return self.score(target, size, SCRATCH)

    def transfer(self, target: str, source: str, size: int) -> Score | None:
        """Return the transfer that the verdict judges; the control has the blocks of the others."""
        asked = (source,) if source != UNTRAINED else self.trained_sources
        for name in asked:
            verdict = self.verdict(target, name, size)
            if verdict is not None and verdict.blocks is not None:
                approach = LearningMethod(
                    "network", source, verdict.blocks, self.evidence.study.judged_branches
                )
                return self.score(target, size, approach)
        return None

    def classical(self, target: str, size: int) -> Score | None:
        """Return the best classical baseline, as the verdicts name it."""
        approach = self._best_classical.get((target, size))
        return self.score(target, size, approach) if approach else None

    def contenders(self, target: str, source: str, size: int) -> tuple[Score, ...]:
        """Return scratch, the judged transfer and the best classical method: those with scores."""
        three = (
            self.scratch(target, size),
            self.transfer(target, source, size),
            self.classical(target, size),
        )
        return tuple(one for one in three if one is not None and one.micro_f1 is not None)
