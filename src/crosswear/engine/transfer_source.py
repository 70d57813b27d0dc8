"""Sources of a transfer: other people's labelled recordings, and where their networks are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.data_place import DataPlace, data_place
from crosswear.core.errors import CrosswearError, MissingDataError, UsageError
from crosswear.core.keys import digest
from crosswear.core.texts import Note
from crosswear.datasets import REGISTRY, lookup
from crosswear.datasets.domain import Domain, of_acceleration
from crosswear.datasets.own.layout import FILE_NAME
from crosswear.datasets.prepare import prepare
from crosswear.datasets.roots import data_tree, locate
from crosswear.datasets.spec import DatasetSpec
from crosswear.networks.checkpoint import checkpoint_exists
from crosswear.networks.models.multi_resnet import MIRRORED

PASSES = 120_000
"""Windows that a source network sees in training, over all epochs: a minute or two on one core."""
LARGEST_AUTO = 3_000_000_000
"""Bytes of the files of a dataset that `auto` prepares, half a minute for each GB: CAPTURE-24 has
more, and takes 25 minutes."""
FEWEST_BLOCKS = 3
SCHEMA = 1
"""Raised by hand whenever the same source would become another network."""


@dataclass(frozen=True, eq=False)
class Source:
    """Labelled recordings of other people than the target's.

    Attributes:
        name: of the dataset, or of the domain in its study.
        domain: its windows.
        network: path of its network, trained or not.
    """

    name: str
    domain: Domain
    network: Path

    @property
    def trained(self) -> bool:
        """Return whether the file of its network exists."""
        return checkpoint_exists(self.network)


@dataclass(frozen=True, eq=False)
class StudyTransfers:
    """Transfers of a study that have been computed.

    Attributes:
        sources: the domains whose networks are trained.
        rows: int64 [n], windows of the first repetition's adaptation set, by size and target.
        gains: mean gain over the network from scratch, by size, target and source.
        rate_hz: sampling rate of the windows.
    """

    sources: Sequence[Source]
    rows: Mapping[tuple[int, str], NDArray[np.int64]]
    gains: Mapping[tuple[int, str, str], float]
    rate_hz: float


def model_for(samples: int) -> ModelConfig | None:
    """Return the settings of a network for windows of `samples`; None where they are too short.

    Shorter windows get fewer blocks: each block halves the length, and the spectrogram mirrors
    half a frame at either end.
    """
    filters = ModelConfig().filters
    depth = max((d for d in range(len(filters) + 1) if samples + 1 >= 2 ** (d + 1)), default=0)
    if samples <= MIRRORED or depth < FEWEST_BLOCKS:
        return None
    return ModelConfig(filters=filters[:depth])


def train_config(windows: int) -> TrainConfig:
    """Return the training of a source network: more epochs for fewer windows."""
    epochs = int(np.clip(PASSES // max(windows, 1), 10, 70))
    return TrainConfig(epochs=epochs, batch_size=64, selection="last")


def expect_data(data: str | Path | None) -> DataPlace | None:
    """Return where the datasets lie, if they are to lie anywhere.

    Raises:
        UsageError: if it is a URL with a password, or of a protocol that cannot be read.
        MissingDataError: if there is no such folder, or a URL does not answer.
    """
    place = None if data is None else data_place(data)
    if place is not None and not data_tree(place).has_folder(""):
        raise MissingDataError(
            "no such folder",
            where=str(place),
            expected="the folder with one folder or archive per dataset",
            todo="check --data; leave it out if you have no other recordings than your own",
        )
    return place


def dataset_sources(
    name: str | Path,
    data: str | Path | None,
    cache: str | Path,
    preparation: PreparationConfig,
    note: Note,
) -> list[Source]:
    """Return one dataset as a source; with `auto`, those found in `data` that are not too large.

    Args:
        name: a dataset reference, or `auto`.
        data: folder or URL with one folder per dataset.
        cache: folder of prepared domains; networks are kept in its `sources`.
        preparation: the preparation of the target.
        note: takes a sentence about each dataset that `auto` cannot use.

    Raises:
        CrosswearError: if a named dataset cannot be read; `auto` continues without it.
        UsageError: if the name is that of a folder, which can only be of something else.
        MissingDataError: if `data` is not a folder.
    """
    place = expect_data(data)
    if name == "auto":
        return list(_registered(place, Path(cache), preparation, note))
    path = Path(name)
    is_place = len(path.parts) > 1 or (str(name) not in REGISTRY and path.is_dir())
    if is_place and path.suffix != ".toml" and not (path / FILE_NAME).is_file():
        raise UsageError(
            "no source is there",
            where=str(name),
            expected="a dataset, the path of a dataset.toml, the folder of a study with "
            "study.toml in it, or that of an imported encoder with encoder.json in it",
        )
    return [_dataset_source(str(name), place, Path(cache), preparation)]


def _registered(
    data: DataPlace | None, cache: Path, preparation: PreparationConfig, note: Note
) -> Iterator[Source]:
    for dataset, spec in REGISTRY.items():
        if not spec.patterns:  # simulated: no real movements
            continue
        try:
            size = _bytes(spec, data)
            if size > LARGEST_AUTO:
                note(
                    f"{dataset} is left out: {size / 1e9:.1f} GB take long to prepare. Name "
                    "it as a source to use it"
                )
                continue
            yield _dataset_source(dataset, data, cache, preparation)
        except MissingDataError:
            continue
        except CrosswearError as error:
            note(f"{dataset} cannot be a source: {error.what}")


def _bytes(spec: DatasetSpec, data: DataPlace | None) -> int:
    """Return the size of a dataset's files."""
    tree = locate(spec, data)
    return sum(tree.size(name) for name in {n for one in spec.patterns for n in tree.glob(one)})


def _dataset_source(
    reference: str, data: DataPlace | None, cache: Path, preparation: PreparationConfig
) -> Source:
    spec, options = lookup(reference)
    domain = of_acceleration(prepare(reference, data, preparation, cache))
    train, model = train_config(len(domain.windows)), model_for(domain.samples)
    key = digest(
        {"schema": SCHEMA, "domain": domain.summary.digest, "model": model, "train": train}
    )
    default = options == spec.default_options
    name = spec.name if default else f"{spec.name}:{options.placement},{options.variant}"
    return Source(name, domain, cache / "sources" / f"{key}.safetensors")
