"""The contract of every dataset of the registry."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import pytest

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import UsageError
from crosswear.core.recording import NO_LABEL, Recording, Windows
from crosswear.datasets import REGISTRY, lookup, parts
from crosswear.datasets.prepare import prepare
from crosswear.datasets.spec import DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, FolderTree
from crosswear.signal.leakage import audit
from crosswear.signal.resample import resample
from crosswear.signal.windows import cut_recordings
from generators import GENERATORS
from generators.planted import Planted, resting_g

SEED = 20190909
SHORT = PreparationConfig(window_s=1.0, hop_s=0.5)
"""Windows short enough for the generators' small files."""


@dataclass(frozen=True)
class LoggingTree:
    """A tree that remembers which files were opened."""

    tree: FileTree
    opened: list[str] = field(default_factory=list)

    def glob(self, pattern: str) -> list[str]:
        return self.tree.glob(pattern)

    def entries(self) -> list[str]:
        return self.tree.entries()

    def open(self, name: str) -> io.BufferedIOBase:
        self.opened.append(name)
        return self.tree.open(name)

    def size(self, name: str) -> int:
        return self.tree.size(name)

    def where(self, name: str) -> str:
        return self.tree.where(name)


@dataclass(frozen=True)
class Sample:
    """A dataset, files in its layout, and what was planted in them."""

    spec: DatasetSpec
    data: Path
    tree: FileTree
    planted: list[Planted]
    recordings: list[Recording]

    @property
    def read_as(self) -> DatasetSpec:
        """The declaration, completed by the files where they say more."""
        return self.spec.completed(self.tree) if self.spec.completed else self.spec

    def read(self, options: ReadOptions, tree: FileTree | None = None) -> list[Recording]:
        return list(self.spec.read(tree or self.tree, options, lambda sentence: None))


def _ignore(sentence: str) -> None:
    pass


@pytest.fixture(scope="module", params=sorted(REGISTRY))
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    spec = REGISTRY[request.param]
    data = tmp_path_factory.mktemp("data")
    root = data / spec.name
    root.mkdir()
    planted = []
    if spec.patterns:
        planted = GENERATORS[spec.name](root, np.random.default_rng(SEED))
    tree = FolderTree(root)
    recordings = list(spec.read(tree, spec.default_options, _ignore))
    return Sample(spec, data, tree, planted, recordings)


def test_every_dataset_is_registered_under_its_own_name() -> None:
    assert all(name == spec.name for name, spec in REGISTRY.items())


def test_every_dataset_with_files_has_a_generator() -> None:
    assert {name for name, spec in REGISTRY.items() if spec.patterns} == set(GENERATORS)


def test_the_declaration_is_complete(sample: Sample) -> None:
    spec = sample.spec
    texts = [getattr(spec, f.name) for f in fields(spec) if f.type == "str"]
    assert len(texts) == 6
    assert all(text and text == text.strip() for text in [*texts, *spec.traps])
    assert spec.rate_hz > 0
    assert spec.subjects >= 1
    assert spec.schema >= 1
    assert spec.placements
    assert len(set(spec.placements)) == len(spec.placements)
    assert spec.variants
    for table in spec.variants.values():
        assert len(table) >= 2
        assert len({activity.code for activity in table}) == len(table)
        assert len({activity.name for activity in table}) == len(table)
        assert all(activity.code and activity.name for activity in table)


def test_every_placement_and_variant_can_be_named(sample: Sample) -> None:
    spec = sample.spec
    assert lookup(spec.name) == (spec, spec.default_options)
    for placement in spec.placements:
        for variant in spec.variants:
            reference = f"{spec.name}:variant={variant},placement={placement}"
            assert lookup(reference) == (spec, ReadOptions(placement, variant))
    if len(spec.sensors) > 1:
        reference = f"{spec.name}:sensors={'+'.join(spec.sensors)}"
        assert lookup(reference) == (spec, replace(spec.default_options, sensors=spec.sensors))


def test_recordings_belong_to_the_dataset(sample: Sample) -> None:
    spec, classes = sample.spec, sample.read_as.variants[sample.spec.default_options.variant]
    assert sample.recordings
    names = [(recording.subject, recording.session) for recording in sample.recordings]
    assert len(set(names)) == len(names)
    assert len({subject for subject, _ in names}) <= spec.subjects
    for recording in sample.recordings:
        assert recording.rate_hz in (spec.rate_hz, *spec.other_rates_hz)
        assert recording.placement == spec.placements[0]
        assert len(recording.acceleration)
        labels = set(np.unique(recording.labels).tolist())
        assert labels <= {NO_LABEL, *range(len(classes))}
        finite = np.isfinite(recording.acceleration)
        assert np.all(finite.all(axis=1) | np.isnan(recording.acceleration).all(axis=1))
        if recording.time_s is not None:
            assert recording.time_s[0] == 0.0
            assert np.all(np.diff(recording.time_s) > 0)


def test_a_resting_limb_reads_one_g(sample: Sample) -> None:
    assert abs(resting_g(sample.recordings) - 1.0) < 0.1


def test_windows_span_neither_recordings_nor_gaps(sample: Sample) -> None:
    pieces = [(0, resample(recording)) for recording in sample.recordings]
    windows = Windows.joined([some for some, _ in cut_recordings(pieces, SHORT.window, SHORT.hop)])
    longest = SHORT.bridge_s * sample.spec.rate_hz + 1
    for number, start, stop in zip(windows.recording, windows.start, windows.stop, strict=True):
        recording = sample.recordings[number]
        assert 0 <= start < stop <= len(recording.labels)
        measured = np.flatnonzero(~np.isnan(recording.acceleration[start:stop]).any(axis=1))
        assert np.diff(measured).max() <= longest
        if recording.time_s is not None:
            period_s = np.diff(recording.time_s[start:stop][measured]).max()
            assert period_s <= SHORT.bridge_s + 1.5 / recording.rate_hz


@pytest.mark.slow
def test_a_prepared_domain_is_audited_and_has_one_digest(
    sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> None:
    caches = [tmp_path_factory.mktemp("cache") for _ in range(2)]
    one, two = (prepare(sample.spec.name, sample.data, SHORT, cache) for cache in caches)
    assert one.summary == two.summary
    assert all(np.array_equal(one.windows.x[i], two.windows.x[i]) for i in range(len(one.windows)))
    audit(one.windows, one.subset)


@pytest.mark.slow
def test_parts_make_the_domain_that_is_read_at_once(
    sample: Sample, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = []
    for part_bytes in (0, 2**60):
        monkeypatch.setattr(parts, "PART_BYTES", part_bytes)
        domain = prepare(sample.spec.name, sample.data, SHORT, tmp_path_factory.mktemp("cache"))
        content.append({path.name: path.read_bytes() for path in domain.folder.iterdir()})
    assert content[0] == content[1]


def test_every_variant_has_labels_within_its_table(sample: Sample) -> None:
    placement = sample.spec.placements[0]
    for variant, classes in list(sample.spec.variants.items())[1:]:
        for recording in sample.read(ReadOptions(placement, variant)):
            assert recording.labels.min() >= NO_LABEL
            assert recording.labels.max() < len(classes)


def test_reading_twice_gives_the_same_recordings(sample: Sample) -> None:
    again = sample.read(sample.spec.default_options)
    assert len(again) == len(sample.recordings)
    for first, second in zip(sample.recordings, again, strict=True):
        for f in fields(Recording):
            np.testing.assert_array_equal(getattr(first, f.name), getattr(second, f.name))


def test_patterns_cover_all_files_that_are_opened(sample: Sample) -> None:
    tree = LoggingTree(sample.tree)
    sample.read(sample.spec.default_options, tree)
    covered = {name for pattern in sample.spec.patterns for name in sample.tree.glob(pattern)}
    assert set(tree.opened) == covered


def test_what_was_planted_is_found_again(sample: Sample) -> None:
    if not sample.planted:
        pytest.skip("the dataset has no files")
    variant = sample.spec.default_options.variant
    codes = [activity.code for activity in sample.read_as.variants[variant]]
    assert {planted.placement for planted in sample.planted} == set(sample.spec.placements)
    for placement in sample.spec.placements:
        planted = [one for one in sample.planted if one.placement == placement]
        found = sample.read(ReadOptions(placement, variant))
        assert [one.subject for one in planted] == [one.subject for one in found]
        for expected, recording in zip(planted, found, strict=True):
            labels = [codes.index(code) if code else NO_LABEL for code in expected.codes]
            np.testing.assert_array_equal(recording.labels, labels)
            tolerance = expected.resolution_g * 1.001 + 1e-6
            np.testing.assert_allclose(
                recording.acceleration, expected.acceleration, rtol=0, atol=tolerance
            )
            if expected.time_s is None:
                assert recording.time_s is None
            else:
                np.testing.assert_allclose(recording.time_s, expected.time_s, atol=1e-6)


def test_a_gyroscope_is_read_where_it_is_asked_for(sample: Sample) -> None:
    spec, options = sample.spec, sample.spec.default_options
    assert all(recording.rotation is None for recording in sample.recordings)
    if len(spec.sensors) == 1:
        with pytest.raises(UsageError, match=r"no gyroscope is read of .*\n.*accelerometer\n"):
            lookup(f"{spec.name}:sensors=accelerometer+gyroscope")
        return
    swapped = lookup(f"{spec.name}:sensors=gyroscope+accelerometer")
    assert swapped == lookup(f"{spec.name}:sensors=accelerometer+gyroscope")
    with pytest.raises(UsageError, match=r"no choice of sensors of .* 'gyroscope'"):
        lookup(f"{spec.name}:sensors=gyroscope")
    for placement in spec.placements:
        planted = [one for one in sample.planted if one.placement == placement]
        chosen = replace(options, placement=placement, sensors=spec.sensors)
        before, after = sample.read(replace(chosen, sensors=options.sensors)), sample.read(chosen)
        for expected, alone, both in zip(planted, before, after, strict=True):
            assert expected.rotation is not None
            assert both.rotation is not None
            np.testing.assert_allclose(both.rotation, expected.rotation, rtol=1e-5, atol=1e-4)
            np.testing.assert_array_equal(both.acceleration, alone.acceleration)


def test_a_gyroscope_adds_channels_to_the_same_windows(
    sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec = sample.spec
    if len(spec.sensors) == 1:
        pytest.skip("the dataset has no gyroscope")
    cache = tmp_path_factory.mktemp("cache")
    reference = f"{spec.name}:sensors={'+'.join(spec.sensors)}"
    alone, both = (prepare(name, sample.data, SHORT, cache) for name in (spec.name, reference))
    assert alone.summary.digest != both.summary.digest
    assert both.summary.channels[:4] == (*alone.summary.channels, "gyroscope x")
    assert both.windows.x.shape[1:] == (6, SHORT.window)
    assert np.isfinite(both.windows.x).all()
    np.testing.assert_array_equal(both.windows.acceleration, alone.windows.x)
    np.testing.assert_array_equal(both.subset, alone.subset)
    audit(both.windows, both.subset)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("dsad", ["'dsad'", "did you mean 'dsads'", "selfback"]),
        ("PAMAP", ["'PAMAP'", "choose one of them"]),
        ("", ["''"]),
        ("dsads:", ["''", "placement"]),
        ("dsads:torso", ["'torso'", "name:key=value"]),
        ("dsads:place=torso", ["'place'", "did you mean 'placement'", "variant"]),
        ("dsads:placement=right_arms", ["'right_arms'", "did you mean 'right_arm'", "left_leg"]),
        ("dsads:variant=none", ["'none'", "default"]),
        ("dsads:sensors=gyroscope", ["'gyroscope'", "accelerometer, accelerometer+gyroscope"]),
        ("dsads:placement=torso,placement=torso", ["twice"]),
    ],
)
def test_a_wrong_reference_says_what_there_is(reference: str, said: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        lookup(reference)
    for fragment in said:
        assert fragment in str(caught.value)


def test_a_folder_is_no_reference_and_its_description_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`crosswear data new"):
        lookup(str(tmp_path))
    (tmp_path / "dataset.toml").touch()
    with pytest.raises(UsageError, match=r"name \S+dataset\.toml"):
        lookup(str(tmp_path))
