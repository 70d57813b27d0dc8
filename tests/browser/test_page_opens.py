"""The page in a browser: it opens from disk, asks for nothing, and shows the right numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from crosswear.core.intervals import percent
from crosswear.evidence import phrases
from crosswear.evidence.gather import gather
from crosswear.evidence.records import read_records
from crosswear.evidence.statements import SCRATCH, LearningMethod
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import cells_table
from crosswear.report.page import page
from generators.evidence import AWKWARD_CLASSES, AWKWARD_DOMAINS, STUDY, Planted, planted

Opener: TypeAlias = Callable[..., Page]
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def made() -> Planted:
    return planted(lost=0.03)


@pytest.fixture(scope="module")
def wrist() -> Planted:
    """The real study of docs/results.md."""
    records = read_records(Path(__file__).parents[2] / "docs" / "records" / "wrist.parquet")
    return Planted(gather(records), cells_table(records))


@pytest.fixture(scope="module")
def awkward() -> Planted:
    return planted(
        class_names=AWKWARD_CLASSES, classes=16, renamed=AWKWARD_DOMAINS, lost=0.1, people=False
    )


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a page from disk; at the end, it has asked for nothing and complained of nothing."""
    contexts, requests, complaints = [], [], []
    path = tmp_path / "index.html"

    def open_(made: Planted, width: int = 1280, scheme: Any = "light") -> Page:
        path.write_text(page(EvidenceIndex(made.evidence), made.cells), "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        tab.goto(path.as_uri())
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert set(requests) <= {path.as_uri(), "data:,"}
    assert complaints == []


def draw_all(tab: Page) -> None:
    """Bring every figure near the screen once."""
    for plot in tab.locator(".plot").all():
        plot.scroll_into_view_if_needed()
        tab.wait_for_function("plot => plot.layout || !plot.clientWidth", arg=plot.element_handle())


def hover(tab: Page, target: int, column: str, size: int) -> str:
    """The text that is shown when the mouse is over a cell of a heatmap.

    Args:
        tab: the page.
        target: number of the target.
        column: the words that the hover text of the cell has, and no other cell's at this size.
        size: number of the size.
    """
    plot = tab.locator(f"#heatmap-{target}")
    plot.scroll_into_view_if_needed()
    tab.wait_for_function("plot => plot.layout", arg=plot.element_handle())
    place = plot.evaluate(
        """(plot, [column, size]) => {
            const map = plot.data[0];
            const at = map.customdata[size].findIndex((text) => text.includes(column));
            const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
            return [box.left + xaxis._offset + xaxis.d2p((map.x[at] + map.x[at + 1]) / 2),
                    box.top + yaxis._offset + yaxis.d2p(size)];
        }""",
        [column, size],
    )
    tab.mouse.move(place[0] - 2, place[1])
    tab.mouse.move(*place)
    label = plot.locator(".hoverlayer .hovertext")
    label.wait_for()
    return "\n".join(label.locator("tspan.line").all_text_contents())


@pytest.mark.parametrize("study", ["made", "wrist"])
def test_hover_shows_the_numbers_of_the_evidence(
    study: str, request: pytest.FixtureRequest, opened: Opener
) -> None:
    made: Planted = request.getfixturevalue(study)
    tab, index = opened(made), EvidenceIndex(made.evidence)
    second = index.targets[1]
    verdict = next(v for v in made.evidence.verdicts if v.over_scratch and v.target == second)
    cells = [
        (0, "scratch", 1, SCRATCH),
        (1, f"from {verdict.source}, {verdict.blocks} block", 0, None),
        (2, "from untrained control, 3 blocks", 1, LearningMethod("network", "random", 3)),
    ]
    for target, column, size, approach in cells:
        if approach is None:
            assert verdict.blocks is not None
            approach = LearningMethod("network", verdict.source, verdict.blocks)
            size = index.sizes.index(verdict.size)
        score = index.score(index.targets[target], index.sizes[size], approach)
        assert score is not None
        assert score.micro_f1 is not None
        text = hover(tab, target, column, size)
        assert index.targets[target] in text
        assert f"micro-F1 {percent(score.micro_f1)}" in text
        assert f"{score.done} of {score.repetitions} repetitions done" in text
        if approach.source == verdict.source and target == 1:
            assert f"gain over scratch {phrases.gain(verdict.over_scratch)}" in text
            assert f"verdict: {verdict.effect}" in text


def test_a_cell_without_all_its_repetitions_is_hatched_and_says_so(
    made: Planted, opened: Opener
) -> None:
    tab = opened(made)
    draw_all(tab)
    lacking = [
        score
        for score in made.evidence.scores
        if score.approach.method == "network" and score.micro_f1 is None
    ]
    assert lacking
    texts = [
        text
        for target in range(3)
        for text in tab.locator(f"#heatmap-{target}").evaluate(
            "plot => plot.data.filter((t) => t.type === 'bar').flatMap((t) => t.customdata)"
        )
    ]
    panels = [3 if score.approach == SCRATCH else 1 for score in lacking]
    assert len(texts) == sum(panels)
    assert all(re.search(r"micro-F1 –.*[012] of 3 repetitions done", text) for text in texts)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("study", ["awkward", "wrist"])
def test_no_serious_accessibility_fault_and_no_sideways_scrolling(
    study: str, request: pytest.FixtureRequest, opened: Opener, width: int, scheme: str
) -> None:
    tab = opened(request.getfixturevalue(study), width, scheme)
    draw_all(tab)
    for summary in tab.locator("summary").all():
        if not summary.evaluate("summary => summary.parentElement.open"):
            summary.click()
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    faults = [
        (fault["id"], fault["nodes"][0]["html"][:200])
        for fault in Axe().run(tab).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert faults == []


def test_sizes_are_chosen_and_lines_hidden_by_keyboard(made: Planted, opened: Opener) -> None:
    tab = opened(made)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.locator(".matrix:visible").get_attribute("data-size") == "1"
    tab.locator("[name=matrix-size]").nth(1).focus()
    tab.keyboard.press("ArrowLeft")
    assert tab.locator(".matrix:visible").get_attribute("data-size") == "0"
    draw_all(tab)
    count = "plot => plot.data.length"
    before = tab.locator("#curves-0").evaluate(count)
    tab.get_by_role("button", name="minirocket").focus()
    tab.keyboard.press("Enter")
    assert tab.locator("#curves-0").evaluate(count) < before
    tab.keyboard.press("Enter")
    assert tab.locator("#curves-0").evaluate(count) == before


def test_classes_of_the_chosen_target_are_shown(awkward: Planted, opened: Opener) -> None:
    tab, index = opened(awkward), EvidenceIndex(awkward.evidence)
    target, size = index.targets[2], index.sizes[0]
    tab.locator("#choose-target").select_option(target)
    tab.locator("#choose-size").select_option(str(size))
    source = tab.locator("#choose-source option:checked").inner_text()
    assert source != target
    number = int(tab.locator("#choose-source").input_value())
    contenders = index.contenders(target, index.sources[number], size)
    tab.get_by_text("Table: F1 of every class").click()
    rows = tab.locator("#f1-table tbody tr").all_inner_texts()
    assert len(rows) == 16
    assert rows[0].split("\t")[0] == AWKWARD_CLASSES[0]
    assert len(rows[0].split("\t")) == 1 + len(contenders)


@pytest.mark.parametrize(
    "sources", [("alpha+beta", "gamma", "random"), ("others", "random"), ("random", "beta")]
)
def test_classes_open_on_a_transfer_that_exists_and_offer_no_other(
    sources: tuple[str, ...], opened: Opener
) -> None:
    named = ", ".join(map(repr, sources))
    made = planted(STUDY.replace('"alpha", "beta", "gamma", "random"', named))
    tab, index = opened(made), EvidenceIndex(made.evidence)
    target, source = tab.locator("#choose-target"), tab.locator("#choose-source")

    def shown() -> int:
        return tab.locator("#f1-table thead th").count() - 1  # all but the name of the class

    assert shown() == 3
    offered = target.locator("option").all_inner_texts()
    assert offered == [one for one in index.targets if index.trained_sources_of(one)]
    for name in offered:
        target.select_option(name)
        origins = source.locator("option:enabled").all_text_contents()
        assert tuple(origins) == index.trained_sources_of(name)
        assert source.locator("option:checked").text_content() in origins
        assert shown() == 3


def test_without_a_trained_source_there_are_no_transfers_to_look_at(opened: Opener) -> None:
    made = planted(STUDY.replace('"alpha", "beta", "gamma", "random"', '"random"'))
    tab = opened(made)
    draw_all(tab)
    assert tab.locator("#classes, #matrix, #verdicts").count() == 0
    assert tab.locator("nav a").count() == tab.locator("main > section").count()


def test_on_paper_everything_is_drawn_in_the_colours_of_paper(
    made: Planted, opened: Opener
) -> None:
    tab = opened(made, 1280, "dark")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.locator(".plot .main-svg").count() > 0
    assert tab.evaluate("[...document.querySelectorAll('.plot')].every((plot) => plot.layout)")
    ink = "getComputedStyle(document.body).color"
    assert tab.evaluate(ink) == "rgb(27, 31, 39)"
    assert tab.locator("#curves-0").evaluate("plot => plot.layout.font.color") == "#1b1f27"
    tab.emulate_media(media="screen")
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate(ink) == "rgb(231, 234, 240)"
