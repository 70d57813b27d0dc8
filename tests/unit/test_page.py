"""The page holds the numbers of the evidence, escapes what it shows, and needs nothing else."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from crosswear.core.intervals import Interval, points
from crosswear.evidence import phrases
from crosswear.evidence.statements import Contrast
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.page import page
from crosswear.signal.metrics import per_class_f1
from generators.evidence import AWKWARD_CLASSES, AWKWARD_DOMAINS, Planted, planted


class Elements(HTMLParser):
    """The page as a browser sees it: tags with attributes, and texts by element."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open, []).append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    @property
    def data(self) -> dict[str, Any]:
        """The JSON that the figures are drawn from."""
        found: dict[str, Any] = json.loads(self.texts["script"][0])
        return found


def elements(made: Planted) -> Elements:
    return Elements(page(EvidenceIndex(made.evidence), made.cells))


@pytest.fixture(scope="module")
def partial() -> Planted:
    return planted(lost=0.1)


@pytest.fixture(scope="module")
def shown(partial: Planted) -> Elements:
    return elements(partial)


@pytest.fixture(scope="module")
def awkward() -> Planted:
    return planted(class_names=AWKWARD_CLASSES, classes=10, renamed=AWKWARD_DOMAINS)


def same(columns: dict[str, list[Any]], name: str, at: int, interval: Interval | None) -> None:
    for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
        value = getattr(interval, part) if interval else None
        assert columns[name + suffix][at] == (None if value is None else round(value, 5))


def test_the_scores_of_the_figures_are_those_of_the_evidence(
    partial: Planted, shown: Elements
) -> None:
    data, scores = shown.data, shown.data["scores"]
    assert {len(column) for column in scores.values()} == {len(partial.evidence.scores)}
    for at, score in enumerate(partial.evidence.scores):
        assert data["targets"][scores["target"][at]] == score.target
        assert data["sizes"][scores["size"][at]] == score.size
        approach = data["approaches"][scores["approach"][at]]
        assert (approach["method"], approach["source"], approach["blocks"]) == (
            score.approach.method,
            score.approach.source,
            score.approach.blocks,
        )
        assert (scores["done"][at], scores["repetitions"][at]) == (score.done, score.repetitions)
        same(scores, "micro_f1", at, score.micro_f1)
        if score.micro_f1 is None:
            assert score.done < score.repetitions


def test_the_verdicts_of_the_figures_are_those_of_the_evidence(
    partial: Planted, shown: Elements
) -> None:
    data, verdicts = shown.data, shown.data["verdicts"]
    assert len(verdicts["effect"]) == len(partial.evidence.verdicts)
    for at, verdict in enumerate(partial.evidence.verdicts):
        assert data["targets"][verdicts["target"][at]] == verdict.target
        assert data["sources"][verdicts["source"][at]] == verdict.source
        assert (verdicts["effect"][at], verdicts["blocks"][at]) == (verdict.effect, verdict.blocks)
        for kind in ("over_scratch", "over_untrained", "over_classical"):
            contrast: Contrast | None = getattr(verdict, kind)
            same(verdicts, kind, at, contrast.difference if contrast else None)


def test_confusions_and_f1_are_those_of_the_evidence(partial: Planted, shown: Elements) -> None:
    confusions = shown.data["confusions"]
    assert confusions
    for at, found in confusions.items():
        confusion = partial.evidence.scores[int(at)].confusion
        assert confusion is not None
        assert found["counts"] == confusion.ravel().tolist()
        expected = [None if math.isnan(f1) else round(f1, 5) for f1 in per_class_f1(confusion)]
        assert found["f1"] == expected


def test_lines_lead_to_their_scores(partial: Planted, shown: Elements) -> None:
    scores = partial.evidence.scores
    for target, lines in zip(shown.data["targets"], shown.data["lines"], strict=True):
        kinds = [line["kind"] for line in lines]
        assert set(kinds) == {"scratch", "transfer", "control", "classical", "features", "floor"}
        for line in lines:
            for size, at in zip(shown.data["sizes"], line["scores"], strict=True):
                if at is not None:
                    assert (scores[at].target, scores[at].size) == (target, size)
                if line["kind"] == "classical":
                    assert scores[at].approach.label == line["label"]


def test_what_matters_stands_first_and_in_words(partial: Planted, shown: Elements) -> None:
    texts = " ".join(" ".join(shown.texts["p"]).split())
    assert partial.evidence.summary in texts
    assert "The data are simulated: " in texts
    assert f"{partial.evidence.done:,} of {partial.evidence.expected:,} cells are done" in texts
    assert next(filter(str.strip, shown.texts["h2"])) == "Verdict"
    gains = [text for text in shown.texts["span"] if " to " in text]
    for verdict in partial.evidence.verdicts:
        if verdict.over_scratch:
            assert phrases.gain(verdict.over_scratch) in gains
        if verdict.over_classical:
            difference = points(verdict.over_classical.difference.value)
            assert f"{difference} vs {verdict.classical}" in shown.texts["span"]
    for finding in partial.evidence.findings:
        assert finding.question in shown.texts["h3"]
        assert finding.sentence in texts


def test_what_is_missing_is_hatched(partial: Planted, shown: Elements) -> None:
    status = partial.cells["status"].to_pylist()
    assert status.count("done") < len(status)
    hatched = [attributes for tag, attributes in shown.tags if attributes.get("class") == "lacking"]
    assert hatched
    whole = elements(planted())
    assert not [a for _, a in whole.tags if a.get("class") in ("lacking", "coverage partial")]


def test_names_are_texts_never_markup(awkward: Planted) -> None:
    harmless, found = elements(planted(classes=10)), elements(awkward)
    for tag in ("script", "img", "i", "b", "table", "tr", "svg"):
        assert found.count(tag) == harmless.count(tag), tag
    assert found.count("script") == 3
    assert set(AWKWARD_DOMAINS.values()) <= set(found.data["targets"])
    assert found.data["classes"][0][: len(AWKWARD_CLASSES)] == list(AWKWARD_CLASSES)
    assert set(AWKWARD_CLASSES) <= set(found.texts["li"])
    assert "12 rows were <i>lost</i> & bridged." in found.texts["li"]


def test_the_page_asks_for_no_other_file(shown: Elements) -> None:
    for tag, attributes in shown.tags:
        assert tag not in ("iframe", "object", "embed", "base", "img")
        assert "src" not in attributes
        if "href" in attributes:
            assert str(attributes["href"]).startswith(("#", "data:,"))
        assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"@import|url\(", " ".join(shown.texts["style"]))


def test_every_plot_has_words_and_a_table(shown: Elements) -> None:
    plots = [attributes for _, attributes in shown.tags if attributes.get("class") == "plot"]
    assert len(plots) == 3 + 3 + 4
    for attributes in plots:
        assert attributes["role"] == "img"
        assert "table below" in str(attributes["aria-label"])
    for target in shown.data["targets"]:
        for what in ("Table: learning curves on", "Table: heatmaps of"):
            assert f"{what} {target}" in shown.texts["summary"]


def test_equal_evidence_gives_equal_pages(partial: Planted) -> None:
    again = planted(lost=0.1)
    assert page(EvidenceIndex(again.evidence), again.cells) == page(
        EvidenceIndex(partial.evidence), partial.cells
    )
