"""Classes of a single person, and tests that one person decides: what `min_subjects` keeps out."""

from __future__ import annotations

import numpy as np
import pytest
from test_splits import metadata

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import StudyFileError
from crosswear.core.recording import Subset, Windows
from crosswear.datasets.classes import used_classes
from crosswear.datasets.spec import ActivityClass
from crosswear.grid.study_file import parse_study
from crosswear.signal.splits import split_windows

TABLE = tuple(ActivityClass(str(code), name) for code, name in enumerate(("walk", "eat", "run")))


def of_people(*classes: list[int], each: int = 40) -> Windows:
    """Each person's windows, far apart, of the classes that they perform."""
    subject = [person for person, some in enumerate(classes) for _ in range(each * len(some))]
    y = [label for some in classes for label in np.repeat(some, each).tolist()]
    return metadata(subject, [200 * i for i in range(len(y))], y=y)


def test_a_class_of_a_single_person_is_left_out_with_a_note() -> None:
    windows = of_people([0, 1, 2], [0, 2], [0], [0, 2])
    notes: list[str] = []
    assert used_classes(windows, TABLE, 2, notes).tolist() == [0, 2]
    assert "with 40 windows: eat (1 person); preparation.min_subjects = 1 keeps" in notes[0]
    assert used_classes(windows, TABLE, 1, []).tolist() == [0, 1, 2]
    assert used_classes(windows, TABLE, 4, []).tolist() == [0]


def test_domains_that_are_split_by_occurrence_keep_every_class() -> None:
    notes: list[str] = []
    assert used_classes(of_people([0, 1], [0], [0, 2]), TABLE, 2, notes).tolist() == [0, 1, 2]
    assert notes == []


def test_no_person_has_most_of_the_test_windows_if_others_can_be_tested() -> None:
    windows = of_people([0, 2] * 6, *[[0, 2]] * 6)  # the first has half of all windows
    for least, largest in ((1, 1.0), (2, 0.5)):
        subset, _ = split_windows(windows, 3, 0, min_subjects=least)
        tested = np.bincount(windows.subject[subset == Subset.TEST])
        assert (tested.max() / tested.sum() > 0.5) == (largest == 1.0)


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", '"two"', "true", "1001"])
def test_a_wrong_number_is_one_clear_error(wrong: str) -> None:
    text = (
        'name = "a"\n[domains]\na = "dsads"\nb = "wharf"\n[grid]\nsizes = [20]\nblocks = [1]\n'
        f"[preparation]\nmin_subjects = {wrong}\n"
    )
    with pytest.raises(StudyFileError) as caught:
        parse_study(text, "s.toml")
    assert caught.value.where == "s.toml: preparation.min_subjects"
    assert "more)" not in caught.value.what
    assert caught.value.expected


def test_two_people_are_the_default() -> None:
    assert PreparationConfig().min_subjects == 2
