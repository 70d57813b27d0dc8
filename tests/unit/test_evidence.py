"""From records to verdicts and findings, on studies whose truth is planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from crosswear.cli.study_report import compare_
from crosswear.core.errors import StoreError, UsageError
from crosswear.core.recording import Sensors
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.compare import compare
from crosswear.evidence.gather import gather
from crosswear.evidence.inference import correlation, correlation_within, mean_over
from crosswear.evidence.records import StudyRecords, read_records, write_records
from crosswear.evidence.scores import ScoreKey, scores_of
from crosswear.evidence.statements import SCRATCH, Evidence, Finding, Verdict
from crosswear.evidence.verdicts import blocks_for
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import WHITENED
from generators.records import TEXT, planted_records

BOTH: Sensors = ("accelerometer", "gyroscope")


def share(cell: Cell) -> float:
    """Transfer from a gains 15 points, from b nothing, from c it costs 15; 2 blocks are best."""
    base = {20: 0.5, 50: 0.6, 100: 0.7}.get(cell.size, 0.3)
    if cell.method == "forest":
        return base + 0.2
    if cell.method == "network" and cell.sources:
        gain = {"a": 0.15, "c": -0.15}.get(cell.sources[0], 0.0)
        return base + gain - (0.0 if cell.blocks == 2 else 0.05)
    return base


@pytest.fixture(scope="module")
def records() -> StudyRecords:
    return planted_records(share)


@pytest.fixture(scope="module")
def evidence(records: StudyRecords) -> Evidence:
    return gather(records)


def finding(evidence: Evidence, name: str) -> Finding:
    return next(one for one in evidence.findings if one.name == name)


def test_planted_gains_are_found_and_planted_losses_too(evidence: Evidence) -> None:
    expected = {"a": "helps", "b": "no difference", "c": "hurts", "d": "no difference"}
    assert {(v.source, v.effect) for v in evidence.verdicts} == set(expected.items())
    assert len(evidence.verdicts) == 4 * 3 * 3
    assert {v.source for v in evidence.verdicts} == set("abcd")  # the untrained one is a control
    for verdict in evidence.verdicts:
        assert verdict.classical == "forest"
        assert verdict.over_classical is not None
        assert verdict.over_classical.difference.value < 0
        if verdict.source == "a":
            assert verdict.over_untrained is not None
            assert verdict.over_untrained.effect == "helps"


@pytest.mark.slow
def test_blocks_are_chosen_on_the_other_targets_only(records: StudyRecords) -> None:
    lucky = planted_records(
        lambda cell: share(cell) + (0.3 if cell.target == "a" and cell.blocks == 5 else 0)
    )
    study = lucky.study
    assert blocks_for(study, scores_of(lucky), "a", 20) == 2
    assert {v.blocks for v in gather(records).verdicts} == {2}


@pytest.mark.slow
def test_a_question_without_all_its_repetitions_has_no_score_and_no_verdict() -> None:
    whole = planted_records(share)
    partial = planted_records(share, keep=lambda cell: not (cell.target == "a" and cell.seed == 3))
    evidence = gather(partial)
    assert evidence.done < evidence.expected == gather(whole).done
    for score in evidence.scores:
        lacking = score.target == "a" and score.approach.method != "majority"
        assert (score.micro_f1 is None) == lacking
    assert all(v.over_scratch is None for v in evidence.verdicts if v.target == "a")
    assert all(v.over_scratch is not None for v in evidence.verdicts if v.target != "a")
    assert f"{evidence.expected - evidence.done} of" in evidence.summary


def test_a_study_without_a_record_has_nothing_to_say() -> None:
    evidence = gather(planted_records(share, keep=lambda cell: False))
    assert evidence.done == 0
    assert evidence.findings == ()
    assert evidence.summary.startswith("No transfer can be judged yet.")


def test_one_seed_is_judged_by_people_and_corrected() -> None:
    evidence = gather(planted_records(share, TEXT.replace("seeds = 5", "seeds = 1")))
    assert {v.effect for v in evidence.verdicts if v.source == "a"} <= {"helps", "no difference"}
    assert all(v.over_scratch and v.over_scratch.p is not None for v in evidence.verdicts)
    assert "There is one repetition" in evidence.summary


@pytest.mark.slow
def test_scores_are_those_of_scikit_learn(records: StudyRecords) -> None:
    for score in gather(records).scores[::7]:
        assert score.micro_f1 is not None
        assert score.confusion is not None
        each = []
        for key, cell in records.cells():
            same = (cell.target, cell.method, "+".join(cell.sources))
            if same != (score.target, score.approach.method, score.approach.source):
                continue
            if score.approach.method != "majority" and cell.size != score.size:
                continue
            if score.approach.method == "network" and cell.blocks != score.approach.blocks:
                continue
            matrix = records.observed[key].confusion
            true, predicted = (
                np.repeat(i.ravel(), matrix.ravel()) for i in np.indices(matrix.shape)
            )
            each.append([f1_score(true, predicted, average=how) for how in ("micro", "macro")])
        micro, macro = np.mean(each, axis=0)
        assert score.micro_f1.value == pytest.approx(micro)
        assert score.macro_f1 == pytest.approx(macro)


def test_intervals_hold_the_mean(evidence: Evidence) -> None:
    for score in evidence.scores:
        one = score.micro_f1
        assert one is not None
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.value <= one.high


def test_findings_say_what_was_planted(evidence: Evidence) -> None:
    assert finding(evidence, "over_classical").support == "not supported"
    assert "−" in finding(evidence, "over_classical").sentence
    assert finding(evidence, "blocks_20").sentence.startswith(
        "Supported: the mean is highest with 2 blocks"
    )
    assert finding(evidence, "threshold_b").support == "not supported"  # a helps at every size
    assert {one.support for one in evidence.findings} <= {"supported", "not supported", "undecided"}
    assert len({one.name for one in evidence.findings}) == len(evidence.findings)


@pytest.mark.slow
def test_the_size_from_which_transfer_stops_helping() -> None:
    evidence = gather(
        planted_records(lambda c: share(c) if c.size < 100 else share(replace(c, sources=())))
    )
    threshold = finding(evidence, "threshold_b")
    assert threshold.support == "supported"
    assert threshold.value is not None
    assert threshold.value.value == 100


def test_splits_are_repetitions() -> None:
    text = TEXT.replace("seeds = 5", "seeds = 2\nsplits = 2")
    scores = scores_of(planted_records(share, text))
    assert scores.by_key[ScoreKey("a", 20, SCRATCH)].repetitions == 4


@pytest.mark.slow
def test_the_luck_of_a_split_with_its_source_network_is_no_gain() -> None:
    text = TEXT.replace("seeds = 5", "seeds = 5\nsplits = 2")
    lucky = planted_records(lambda c: 0.6 + 0.1 * (c.split == 0) * bool(c.sources), text, 0.0)
    known = [one.over_scratch for one in gather(lucky).verdicts if one.over_scratch]
    assert len(known) == len(gather(lucky).verdicts)
    assert {one.effect for one in known} == {"no difference"}
    assert all(one.p is not None and one.p > 0.05 for one in known)


@pytest.mark.slow
def test_labels_that_chose_an_epoch_are_no_secret() -> None:
    evidence = gather(planted_records(share))
    assert "baseline with the same labels" not in evidence.summary
    assert "epochs were chosen on the validation subset" in evidence.summary
    text = TEXT + '[adaptation]\nselection = "last"\n'
    assert "baseline with the same labels" in gather(planted_records(share, text)).summary


@pytest.mark.slow
def test_a_target_with_hardly_more_than_one_person_is_named() -> None:
    records = planted_records(share)
    assert "of one person" not in gather(records).summary
    for one in records.observed.values():
        if one.cell.target == "a":
            one.counts[one.counts[:, 0] > 0, 3] = 1
    assert "% of the test windows of a are of one person" in gather(records).summary
    by_occurrence = {
        name: replace(one, split=replace(one.split, unit="occurrence"))
        for name, one in records.domains.items()
    }
    told = gather(replace(records, domains=by_occurrence)).summary
    assert "% of the test windows of a are of one occurrence" in told


@pytest.mark.slow
def test_targets_may_have_different_numbers_of_sources() -> None:
    text = TEXT.replace("[domains]", '[domains]\ne = "simulated-gestures:placement=left"')
    text = text.replace(', "random"', "")  # of four sources, e has all and the others three
    evidence = gather(planted_records(share, text))
    similar = [one for one in evidence.findings if one.name.startswith("similar")]
    assert similar
    assert all(one.p is None or 0 < one.p <= 1 for one in similar)


@pytest.mark.slow
def test_records_come_back_from_their_file(records: StudyRecords, tmp_path: Path) -> None:
    write_records(records, tmp_path / "records.parquet")
    again = read_records(tmp_path / "records.parquet")
    assert list(again.cells()) == list(records.cells())
    assert again.domains == records.domains
    one, other = gather(again), gather(records)
    assert one.verdicts == other.verdicts
    assert one.findings == other.findings


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"<html>"])
def test_a_file_that_holds_no_records_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.parquet").write_bytes(content)
    with pytest.raises(StoreError, match="records of a study"):
        read_records(tmp_path / "r.parquet")
    with pytest.raises(StoreError):
        read_records(tmp_path / "nothing.parquet")


@pytest.mark.slow
def test_what_the_recipe_and_its_ingredients_give_is_found_as_planted() -> None:
    text = TEXT.replace('"minirocket"', '"extra-trees", "minirocket", "vote"').replace(
        "seeds = 5", "seeds = 5\nwhitening = true"
    )
    gains = {"forest": 0.0, "extra-trees": 0.1, "minirocket": 0.15, "vote": 0.15}

    def planted(cell: Cell) -> float:
        whitened = 0.1 if cell.method in WHITENED and cell.sources else 0.0
        return 0.4 + gains.get(cell.method, 0.0) + whitened

    found = gather(planted_records(planted, text))
    support = {
        name: finding(found, name).support
        for name in ("recipe_over_forest", "recipe_over_minirocket", "extra_trees", "voting")
    }
    assert support.pop("voting") != "supported"
    assert {*support.values()} == {"supported"}
    assert finding(found, "whitening_vote").value is not None
    assert finding(found, "whitening_vote").value.value == pytest.approx(0.1, abs=0.02)


def test_a_study_without_a_trained_source_does_not_wait_for_verdicts() -> None:
    text = TEXT.replace('"a", "b", "c", "d", "random"', '"random"')
    summary = gather(planted_records(share, text)).summary
    assert summary.startswith("No transfer from another domain is asked for here")
    assert "not done" not in summary


def test_a_study_compared_with_itself_does_not_differ(records: StudyRecords) -> None:
    found = compare(records, records)
    assert {one.contrast.effect for one in found.compared} == {"no difference"}
    assert (found.only_a, found.only_b, found.foreign) == (0, 0, ())
    assert [one.support for one in found.findings] == ["undecided"] * 3


@pytest.mark.slow
def test_a_planted_difference_of_two_studies_is_found(records: StudyRecords) -> None:
    def better(cell: Cell) -> float:
        return share(cell) + (0.3 if cell.method == "minirocket" else 0)

    other = planted_records(better, keep=lambda cell: cell.seed < 4)
    found = compare(other, records)
    for one in found.compared:
        differs = one.key.approach.method == "minirocket"
        assert (one.contrast.effect == "helps") == differs
        assert one.repetitions == 4
    assert found.only_b == sum(c.seed == 4 for _, c in records.cells() if c.method != "source")


@pytest.mark.slow
def test_networks_of_two_studies_are_compared_as_a_whole(records: StudyRecords) -> None:
    def better(cell: Cell) -> float:
        return share(cell) + (0.1 if cell.method == "network" and cell.sources else 0)

    found = {one.name: one for one in compare(planted_records(better), records).findings}
    assert found["scratch"].support == "undecided"
    for name in ("transfer", "gain"):
        assert found[name].support == "supported"
        assert found[name].value is not None
        assert found[name].value.value == pytest.approx(0.1, abs=0.01)


@pytest.mark.slow
def test_repetitions_of_studies_with_other_seeds_are_no_pairs(
    records: StudyRecords, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = planted_records(share, f"seed = 7\n{TEXT}")
    assert compare(records, other).seeds == (2019, 7)
    for name, one in (("a", records), ("b", other)):
        write_records(one, tmp_path / name)
    compare_(tmp_path / "a", tmp_path / "b")
    assert "seeds 2019 and 7" in caplog.text
    caplog.clear()
    compare_(tmp_path / "a", tmp_path / "a")
    assert not caplog.text


def test_studies_with_other_windows_are_not_compared(records: StudyRecords) -> None:
    other = replace(
        records,
        domains={p: replace(s, digest=f"other {s.digest}") for p, s in records.domains.items()},
    )
    with pytest.raises(UsageError, match="no finished cell"):
        compare(records, other)


@pytest.mark.slow
def test_domains_with_and_without_a_gyroscope_are_compared(records: StudyRecords) -> None:
    def better(cell: Cell) -> float:
        return share(cell) + (0.1 if cell.method == "network" and cell.target != "d" else 0)

    def turning(known: DomainSummary) -> DomainSummary:
        if known.reference == "d/0":
            return known
        reference = f"{known.reference}:sensors=accelerometer+gyroscope"
        return replace(known, reference=reference, digest="other", sensors=BOTH)

    found = compare(planted_records(better, domain=turning), records)
    assert not found.foreign
    assert {one.key.target for one in found.compared} == set("abcd")
    (scratch,) = (one for one in found.findings if one.name == "scratch")
    assert (scratch.support, scratch.n) == ("supported", 3)  # d is the same in both


def test_correlations_and_means_of_few_are_undecided() -> None:
    assert mean_over([0.1, 0.2]).support(1) == "undecided"
    assert correlation([1, 2, 3], [3, 2, 1]).support(-1) == "undecided"
    assert correlation([1, 1, 1, 1], [1, 2, 3, 4]).value is None
    assert correlation(list(range(8)), list(range(8))).support(1) == "supported"
    turned = {("t", str(i)): float(-i) for i in range(5)} | {
        ("u", str(i)): -9.0 - i for i in range(5)
    }
    rising = {key: -value for key, value in turned.items()}
    within = correlation_within(turned, rising)
    assert within.support(1) == "not supported"
    assert within.n == 10


def test_verdicts_without_a_control_or_a_baseline_say_nothing_of_them() -> None:
    text = TEXT.replace(', "random"', "").replace('"forest", "minirocket", ', "")
    verdicts: tuple[Verdict, ...] = gather(planted_records(share, text)).verdicts
    assert UNTRAINED not in text
    assert all(v.over_untrained is None and v.over_classical is None for v in verdicts)
    assert all(v.classical == "" for v in verdicts)
