"""Write the tables of docs/results.md from the records in docs/records.

    python benchmarks/results.py [--check]

A table stands between `<!-- NAME: KIND -->` and `<!-- end -->`; `records/NAME.parquet` makes it,
or, of `NAME+NAME`, those of several studies.
`--check` writes nothing and fails where the document says something else than the records.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tabulate import tabulate

from crosswear.config import TrainConfig
from crosswear.evidence import words
from crosswear.evidence.by_recipe import Kind, rival_of
from crosswear.evidence.compare import Compared, compare
from crosswear.evidence.gather import gather
from crosswear.evidence.inference import mean_over
from crosswear.evidence.model import Contrast, Rival, Score
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.evidence.scores import Question, holm, scores_of
from crosswear.experiment import UNTRAINED
from crosswear.keys import essentials
from crosswear.metrics import per_class_f1
from crosswear.models import summarise
from crosswear.report import readable
from crosswear.report.board import Board
from crosswear.report.tables import cells_table

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "results.md"
TWINS = {
    "right_arm": "left_arm",
    "left_arm": "right_arm",
    "right_leg": "left_leg",
    "left_leg": "right_leg",
}
"""Limbs of the two sides, as studies/placements.toml calls them."""
SECTION = re.compile(r"(<!-- (\S+): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(
    check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False,
) -> None:
    """Bring the document up to date, or tell that it is not."""
    text = RESULTS.read_text("utf-8")
    made = SECTION.sub(lambda found: found[1] + table(found[2], found[3]) + "\n" + found[4], text)
    if made == text:
        return
    if check:
        sys.exit("docs/results.md differs from docs/records: run `python benchmarks/results.py`")
    RESULTS.write_text(made, "utf-8")


def table(name: str, kind: str) -> str:
    """One table, or the summary, of the study whose records are called so."""
    return KINDS[kind](*map(board, name.split("+")))


@cache
def board(name: str) -> Board:
    """The evidence of a study."""
    return Board(gather(records(name)))


@cache
def records(name: str) -> StudyRecords:
    """The records of a study."""
    return read_records(DOCS / "records" / f"{name}.parquet")


def summary(board: Board) -> str:
    """The verdict in one paragraph."""
    return board.evidence.summary


def sources(board: Board) -> str:
    """The source networks, tested on the domain that they were trained on."""
    cells = cells_table(records(board.evidence.study.name)).to_pylist()
    rows = [
        (
            row["target"],
            f"{row['size']}",
            f"{row['test_windows']}",
            f"{row['epoch']}",
            f"{100 * row['micro_f1']:.1f}",
            f"{100 * row['macro_f1']:.1f}",
        )
        for row in cells
        if row["method"] == "source"
    ]
    headings = ("domain", "train windows", "test windows", "epoch", "micro-F1", "macro-F1")
    return markdown(headings, rows, 1)


def rivals(board: Board) -> str:
    """Every way to learn from the same windows; transfers as means over their sources."""
    headings = ("target", "windows", "majority", "forest", "MiniRocket", "scratch")
    headings += ("transfer", "untrained", "logistic on source", "logistic on untrained")
    rows = []
    for target in board.targets:
        for size in board.sizes:
            sources = [one for one in board.sources_of(target) if one != UNTRAINED]
            named = ("majority", "forest", "minirocket", "network")
            scores: list[Iterable[Score | None]] = [
                [board.score(target, size, Rival(method))]  # type: ignore[arg-type]
                for method in named
            ]
            scores.append([board.transfer(target, source, size) for source in sources])
            scores.append([board.transfer(target, UNTRAINED, size)])
            scores.append([board.score(target, size, Rival("logistic", s)) for s in sources])
            scores.append([board.score(target, size, Rival("logistic", UNTRAINED))])
            rows.append((target, f"{size}", *map(mean, scores)))
    return markdown(headings, rows, 1)


def heatmap(board: Board) -> str:
    """The heatmaps as text: scratch, then each number of blocks."""
    headings = ("target", "source", *(f"{size} windows" for size in board.sizes))
    rows = []
    for target in board.targets:
        for source in board.sources_of(target):
            cells = (" ".join(_cell(board, target, source, size)) for size in board.sizes)
            rows.append((target, source, *cells))
    return markdown(headings, rows, 2)


def _cell(board: Board, target: str, source: str, size: int) -> Iterator[str]:
    yield mean([board.scratch(target, size)], 0)
    yield "·"
    for branches, blocks in board.transfers:
        yield mean([board.score(target, size, Rival("network", source, blocks, branches))], 0)


def verdicts(board: Board) -> str:
    """The verdicts at every size."""
    tables = [(size, readable.brief(board, size)) for size in board.sizes]
    headings = ("windows", *tables[0][1].headings)
    rows = [(f"{size}", *row) for size, one in tables for row in one.rows]
    return markdown(headings, rows, 3)


def findings(board: Board, *names: str) -> str:
    """Every reading that was put to the test, or those whose names begin so."""
    rows = [
        (one.question, one.support, one.sentence)
        for one in board.evidence.findings
        if not names or one.name.startswith(names)
    ]
    return markdown(("question", "answer", "in words"), rows, 3)


def zero_label(board: Board) -> str:
    """Every alignment on every pair of domains that share classes."""
    found = readable.zero_label(board.evidence)
    return markdown(found.headings, list(found.rows), found.names)


def shared_classes(board: Board) -> str:
    """F1 of every shared class, of all repetitions together."""
    evidence = board.evidence
    rows, classes = [], []
    for one in evidence.zero_label:
        shared = evidence.study.shared_between(one.source, one.target)
        classes = [found.name for found in shared]
        f1 = [] if one.score.confusion is None else per_class_f1(one.score.confusion)
        rows.append((one.target, words.ALIGNMENTS[one.alignment], *map(words.percent, f1)))
    return markdown(("target", "seen of the target", *classes), rows, 2)


def mean(scores: Iterable[Score | None], digits: int = 1) -> str:
    """Mean micro-F1 in per cent; a dash where any is missing."""
    found = [one.micro_f1.mean if one and one.micro_f1 else None for one in scores]
    if not found or None in found:
        return "–"
    return f"{100 * float(np.mean([one for one in found if one is not None])):.{digits}f}"


def markdown(headings: Iterable[str], rows: list[tuple[str, ...]], names: int) -> str:
    """A table whose first columns are names."""
    columns = tuple(headings)
    alignment = ["left"] * names + ["right"] * (len(columns) - names)
    return tabulate(rows, columns, "pipe", disable_numparse=True, colalign=alignment)


def recipe(board: Board) -> str:
    """The classical methods, and the whitened vote against the forest and MiniRocket."""
    study = board.evidence.study
    scores = scores_of(records(study.name))
    kinds: tuple[Kind, ...] = (
        *(("forest", False), ("extra-trees", False), ("minirocket", False)),
        *(("minirocket", True), ("vote", False), ("vote", True)),
    )
    beaten: tuple[Kind, ...] = (("forest", False), ("minirocket", False))
    places = [(target, size) for target in board.targets for size in board.sizes]

    def question(target: str, size: int, kind: Kind) -> Question:
        return Question(target, size, rival_of(study, target, kind))

    contrasts = holm(
        scores.contrast(question(*place, ("vote", True)), question(*place, kind))
        for place in places
        for kind in beaten
    )
    rows = []
    for (target, size), *against in zip(places, contrasts[::2], contrasts[1::2], strict=True):
        found = [board.score(target, size, rival_of(study, target, kind)) for kind in kinds]
        told = [f"{words.gain(one)} {words.sign(one)}" for one in against]
        rows.append((target, f"{size}", *(mean([one]) for one in found), *told))
    labels = [rival_of(study, board.targets[0], kind).label for kind in kinds]
    headings = ("target", "windows", *labels, "over forest", "over minirocket")
    known = [one for one in contrasts if one]
    ahead = sum(one.difference.mean > 0 for one in known)
    effects = Counter(words.compared(one) for one in known)
    return (
        f"{markdown(headings, rows, 1)}\n\nThe whitened vote is ahead in {ahead} of {len(known)} "
        f"comparisons, after Holm's correction significantly better in {effects['better']} and "
        f"worse in {effects['worse']}."
    )


def pairs(board: Board) -> str:
    """Gain over scratch on each target from each source, beside what else has the same labels."""
    trained = [name for name in board.evidence.study.sources if name != UNTRAINED]
    judged = {(one.target, one.size, one.source): one for one in board.evidence.verdicts}
    rows = []
    for target in board.targets:
        for size in board.sizes:
            scores = [board.score(target, size, Rival(one)) for one in ("forest", "minirocket")]
            others = (*scores, board.scratch(target, size))
            found = [judged.get((target, size, source)) for source in trained]
            gains = [one.over_scratch if one else None for one in found]
            told = [f"{words.sign(one)} {words.gain(one)}" if one else "" for one in gains]
            rows.append((target, f"{size}", *(mean([one]) for one in others), *told))
    headings = ("target", "windows", "forest", "MiniRocket", "scratch")
    return markdown((*headings, *(f"from {one}" for one in trained)), rows, 1)


def mirrored(board: Board) -> str:
    """Whether a limb's twin is a better source than other places of the body."""
    study = board.evidence.study
    hits = scores_of(records(study.name)).hits
    by_target = {}
    for target, twin in TWINS.items():
        others = [one for one in study.sources if one not in (target, twin, UNTRAINED)]
        questions = (
            [Question(target, size, Rival("network", one, blocks)) for one in (twin, other)]
            for size, blocks, other in product(board.sizes, study.judged_blocks, others)
        )
        by_target[target] = pooled((hits[ours], hits[theirs]) for ours, theirs in questions)
    found = paired_finding(
        "mirrored",
        "Is the limb of the other side a better source than other places?",
        "transfer from the other side's limb less that from another place, over sizes and blocks,",
        by_target,
    )
    rows = [(found.question, found.support, found.sentence)] if found else []
    return markdown(("question", "answer", "in words"), rows, 3)


def sensors(a: Board, b: Board) -> str:
    """What more sensors in the first give to methods that learn from the target alone."""
    ours, theirs = (
        {name: one.sensors for name, one in board.evidence.domains.items()} for board in (a, b)
    )
    rows = [
        (
            one.question.target,
            f"{one.question.size}",
            one.question.rival.label,
            words.percent(one.b.mean),
            words.percent(one.a.mean),
            f"{words.sign(one.contrast)} {words.gain(one.contrast)}",
        )
        for one in compare(*(records(one.evidence.study.name) for one in (a, b))).compared
        if not one.question.rival.source
        and ours[one.question.target] != theirs[one.question.target]
    ]
    return markdown(("target", "windows", "method", "without", "with", "difference"), rows, 3)


def compared(a: Board, b: Board) -> str:
    """Networks of two studies over all that both have."""
    found = compare(*(records(one.evidence.study.name) for one in (a, b)))
    rows = [(one.question, one.support, one.sentence) for one in found.findings]
    return markdown(("question", "answer", "in words"), rows, 3)


def settings(base: Board, *others: Board) -> str:
    """Studies with a setting of the adaptation changed, less the one without it."""
    usual = base.evidence.study
    named, tests, each = [], [], []
    effects: Counter[str] = Counter()
    for other in others:
        study = other.evidence.study
        found = compare(records(study.name), records(usual.name)).compared
        networks = [one for one in found if one.question.rival.method == "network"]
        effects.update(one.contrast.effect for one in networks if one.contrast.p is not None)
        for size, (way, kind) in itertools.product(other.sizes, WAYS.items()):
            gains = _by_target(networks, size, *kind)
            if any(gains.values()):
                tested = mean_over([*gains.values()])
                named.append((_changed(study.adaptation, usual.adaptation), f"{size}", way))
                tests.append(Contrast(tested.value, tested.p, None) if tested.value else None)
                each.append([words.points(gains[target]) for target in base.targets])
    told = [f"{words.gain(one)} {words.sign(one)}" for one in holm(tests)]
    rows = [(*name, mean, *some) for name, mean, some in zip(named, told, each, strict=True)]
    headings = ("setting", "windows", "network", "over the targets", *base.targets)
    return (
        f"{markdown(headings, rows, 3)}\n\nSource by source and target by target, with each "
        f"setting's comparisons corrected together, it is better than without it in "
        f"{effects['helps']} of {effects.total()} comparisons and worse in {effects['hurts']}."
    )


WAYS: dict[str, tuple[bool, int]] = {
    "from scratch": (False, 0),
    "fine-tuned": (True, 0),
    "five blocks frozen": (True, 5),
}
"""How a network comes about: whether from a source, and with how many frozen blocks."""


def _by_target(
    found: list[Compared], size: int, transferred: bool, blocks: int
) -> dict[str, float]:
    """What is gained on each target, in the mean over its sources."""
    gains: dict[str, list[float]] = {}
    for one in found:
        rival = one.question.rival
        if (one.question.size, bool(rival.source), rival.blocks) == (size, transferred, blocks):
            gains.setdefault(one.question.target, []).append(one.contrast.difference.mean)
    return {target: float(np.mean(some)) for target, some in gains.items()}


def _changed(ours: TrainConfig, theirs: TrainConfig) -> str:
    """What one training has and the other has not, as a study file says it."""
    known = essentials(theirs)
    different = {k: v for k, v in dict(essentials(ours)).items() if (k, v) not in known.items()}
    different |= different.pop("augmentation", {})
    return ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in different.items())


def networks(*boards: Board) -> str:
    """Source networks of several studies on their own domains, with what they cost."""
    rows = []
    for board in boards:
        study = board.evidence.study
        cells = [
            row for row in cells_table(records(study.name)).to_pylist() if row["method"] == "source"
        ]
        for row in sorted(cells, key=lambda row: board.targets.index(row["target"])):
            domain = board.evidence.domains[row["target"]]
            size = summarise(study.model, len(domain.classes), domain.samples, domain.sensors)
            rows.append(
                (
                    study.model.name,
                    row["target"],
                    f"{100 * row['micro_f1']:.1f}",
                    f"{100 * row['macro_f1']:.1f}",
                    f"{size.parameters['']:,}",
                    f"{size.multiply_adds[''] / 1e6:.1f}",
                    f"{row['train_s'] / 60:.1f}",
                )
            )
    headings = ("network", "domain", "micro-F1", "macro-F1", "parameters")
    headings += ("million multiply-adds a window", "minutes of training")
    return markdown(headings, rows, 2)


KINDS: dict[str, Callable[..., str]] = {
    "summary": summary,
    "sources": sources,
    "rivals": rivals,
    "heatmap": heatmap,
    "verdicts": verdicts,
    "findings": findings,
    "shared_classes": shared_classes,
    "branch_findings": lambda board: findings(board, "branch"),
    "joint_findings": lambda board: findings(board, "joint"),
    "placement_findings": lambda board: findings(board, "over_", "similarity_a", "similarity_m"),
    "zero_label": zero_label,
    "recipe": recipe,
    "compared": compared,
    "pairs": pairs,
    "mirrored": mirrored,
    "sensors": sensors,
    "networks": networks,
    "settings": settings,
}

if __name__ == "__main__":
    typer.run(main)
