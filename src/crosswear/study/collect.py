"""Records of a study, for its report."""

from __future__ import annotations

import itertools
from dataclasses import replace

from crosswear.core.errors import StoreError
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset
from crosswear.core.texts import Note, counted
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.similarity import draw, sample, similarity
from crosswear.evidence.statements import Similarity
from crosswear.grid.store import Store
from crosswear.study.encoders import card_sentences
from crosswear.study.load import LoadedStudy


def collect(opened: LoadedStudy, store: Store, note: Note) -> StudyRecords:
    """Read every record of a study, and measure how alike its domains are.

    Args:
        opened: the study.
        store: its output folder.
        note: takes a sentence about damaged records; their cells count as missing.
    """
    observed: dict[str, Observed] = {}
    damaged: list[StoreError] = []
    done = store.done(opened.cells)
    for key in (key for key in opened.cells if key in done):
        try:
            observed[key] = Observed.of(store.read(key))
        except StoreError as error:
            damaged.append(error)
    if damaged:
        left_out = counted(len(damaged), "record is left out", "records are left out")
        note(
            f"{left_out} (first: {damaged[0].where}: {damaged[0].what}): "
            "`crosswear study run` makes what is damaged again"
        )
    return StudyRecords(
        study=opened.study,
        text=opened.text,
        domains={name: domain.summary for name, domain in opened.domains.items()},
        observed=observed,
        failed=frozenset(store.failed(opened.cells) - observed.keys()),
        similarities=measure(opened),
        encoders=opened.digests,
        encoder_cards=card_sentences(opened.encoders),
    )


def measure(opened: LoadedStudy) -> tuple[Similarity, ...]:
    """Return how alike each target and trained source are, by the acceleration of train windows."""
    study = opened.study
    domains = {name: opened.domains[name, study.splits[0]] for name in study.domains}
    samples = {}
    for name, domain in domains.items():
        train = domain.indices(Subset.TRAIN)
        drawn = train[draw(len(train), seed_for(study.seed, "similarity", name))]
        samples[name] = sample(domain, drawn, study.preparation.rate_hz)
    found = {}
    for one, other in itertools.combinations(domains, 2):
        found[one, other] = similarity(one, other, samples[one], samples[other])
        found[other, one] = replace(found[one, other], target=other, source=one)
    sources = [source for source in study.sources if source in study.domains]
    return tuple(found[t, s] for t in domains for s in sources if s != t)
