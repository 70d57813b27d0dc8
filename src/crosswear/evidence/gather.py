"""The evidence of a study, from its records."""

from __future__ import annotations

from collections import defaultdict

from crosswear.evidence.by_alignment import (
    zero_label_findings,
    zero_label_summary,
    zero_labels_of,
)
from crosswear.evidence.by_encoder import (
    encoder_findings,
    encoder_summary,
    encoder_verdicts_of,
)
from crosswear.evidence.hypotheses import findings_of
from crosswear.evidence.records import StudyRecords
from crosswear.evidence.scores import scores_of, shared_scores_of, source_networks_of
from crosswear.evidence.statements import Evidence
from crosswear.evidence.summary import summarise
from crosswear.evidence.verdicts import verdicts_of


def gather(records: StudyRecords) -> Evidence:
    """Score, compare and judge everything that a study has done so far."""
    study = records.study
    keys = [key for key, _ in records.cells()]
    done = sum(key in records.observed for key in keys)
    scores = scores_of(records)
    verdicts = verdicts_of(study, scores)
    zero_label = zero_labels_of(study, shared_scores_of(records))
    encoders = encoder_verdicts_of(study, scores)
    first = {name: records.domains[name, study.splits[0]] for name in study.domains}
    summary = ""
    if study.grid.sizes:
        summary = summarise(study, first, scores, verdicts, done, len(keys))
    sentences = (summary, encoder_summary(encoders), zero_label_summary(zero_label))
    provenance: dict[str, set[str]] = defaultdict(set)
    for one in records.observed.values():
        for name, value in one.provenance.items():
            provenance[name].add(value)
    return Evidence(
        study=study,
        text=records.text,
        domains=first,
        done=done,
        failed=sum(key in records.failed and key not in records.observed for key in keys),
        expected=len(keys),
        scores=tuple(scores.by_key.values()),
        verdicts=verdicts,
        similarities=records.similarities,
        findings=(
            *findings_of(study, scores, verdicts, records.similarities, first),
            *encoder_findings(study, scores),
            *zero_label_findings(zero_label),
        ),
        summary=" ".join(filter(None, sentences)),
        provenance={name: tuple(sorted(values)) for name, values in sorted(provenance.items())},
        zero_label=zero_label,
        source_networks=source_networks_of(records),
        encoders=encoders,
        encoder_cards=records.encoder_cards,
    )
