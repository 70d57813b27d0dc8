"""The records of a whole study in memory, from its folder or from one Parquet file.

The file holds all that a report needs: the study, the summaries of its domains, and the counts of
every cell by true and predicted class. It leaves out the histories of the trainings.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pydantic
from numpy.typing import NDArray

from crosswear.core.config import Precisions
from crosswear.core.errors import StoreError
from crosswear.core.files import write_bytes
from crosswear.core.keys import canonical_json
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.statements import Similarity
from crosswear.grid.experiment import Cell, StudyDesign, enumerate_cells
from crosswear.grid.facts import DomainFacts, Domains, Encoders
from crosswear.grid.result import Timing
from crosswear.grid.store import Record
from crosswear.grid.study_file import parse_study, precisions_of
from crosswear.tables.reader import read_parquet

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Observed:
    """A finished cell, as a report needs it.

    Attributes:
        cell: what was done.
        classes: size C of the class table.
        counts: int32 [n, 4]: group, true class, predicted class, windows.
        epoch: the epoch whose weights were tested.
        timing: seconds.
        provenance: versions, host and time.
    """

    cell: Cell
    classes: int
    counts: NDArray[np.int32]
    epoch: int
    timing: Timing
    provenance: Mapping[str, str]

    @staticmethod
    def of(record: Record) -> Observed:
        """Convert a record of the store."""
        result = record.result
        counts = np.array(result.counts, dtype=np.int32).reshape(-1, 4)
        return Observed(
            record.cell, result.classes, counts, result.epoch, record.timing, record.provenance
        )

    @property
    def confusion(self) -> NDArray[np.int64]:
        """The confusion matrix [C, C]; row: true class."""
        matrix = np.zeros((self.classes, self.classes), dtype=np.int64)
        np.add.at(matrix, (self.counts[:, 1], self.counts[:, 2]), self.counts[:, 3])
        return matrix


@dataclass(frozen=True, eq=False)
class StudyRecords:
    """A study and its results so far.

    Attributes:
        study, text: the study, and its file.
        domains: summaries of its domains, by name and number of the split.
        observed: finished cells by key.
        failed: keys of cells that raised the last time they were tried.
        similarities: of its domains.
        encoders: for each target the digests of its encoders by name.
        encoder_cards: a sentence about each encoder.
    """

    study: StudyDesign
    text: str
    domains: Mapping[tuple[str, int], DomainSummary]
    observed: Mapping[str, Observed]
    failed: frozenset[str]
    similarities: tuple[Similarity, ...]
    encoders: Encoders = field(default_factory=dict)
    encoder_cards: tuple[str, ...] = ()

    def on_each_domain(self, key: str) -> dict[str, Observed]:
        """Split the results of a source network by its domains, with the classes of each domain.

        A joint source numbers the classes through all of its domains.
        """
        one, found, start = self.observed[key], {}, 0
        for name in one.cell.targets:
            stop = start + len(self.domains[name, one.cell.split].classes)
            true = one.counts[:, 1]
            counts = one.counts[(start <= true) & (true < stop)] - [0, start, start, 0]
            found[name] = replace(one, classes=stop - start, counts=counts.astype(np.int32))
            start = stop
        return found

    def cells(self) -> tuple[tuple[str, Cell], ...]:
        """Return every cell of the study with its key, in order."""
        return self._cells

    @cached_property
    def _cells(self) -> tuple[tuple[str, Cell], ...]:
        facts = facts_of(self.domains)
        cells = enumerate_cells(self.study, facts, self.encoders)
        return tuple((cell.key(facts), cell) for cell in cells)


def facts_of(domains: Mapping[tuple[str, int], DomainSummary]) -> Domains:
    """Return the facts of the domains that the grid needs."""
    first: dict[tuple[str, str], int] = {}
    for name, split in sorted(domains, key=lambda key: key[1]):
        first.setdefault((name, domains[name, split].digest), split)
    return {
        (name, split): DomainFacts(
            name=name,
            digest=summary.digest,
            train_windows=summary.split.windows[0],
            classes=summary.classes,
            codes=summary.codes,
            first_split=first[name, summary.digest],
        )
        for (name, split), summary in domains.items()
    }


def write_records(records: StudyRecords, path: Path) -> None:
    """Write everything into one Parquet file.

    Raises:
        DiskError: if it cannot be written.
    """
    rows = [
        {
            "key": key,
            "cell": canonical_json(one.cell),
            "classes": one.classes,
            "counts": one.counts.ravel(),
            "epoch": one.epoch,
            "train_s": one.timing.train_s,
            "test_s": one.timing.test_s,
            "provenance": canonical_json(dict(one.provenance)),
        }
        for key, one in records.observed.items()
    ]
    about = {
        "schema": SCHEMA,
        "study": records.text,
        "precision": precisions_of(records.study),
        "domains": [
            {"name": name, "split": split, "summary": summary}
            for (name, split), summary in records.domains.items()
        ],
        "failed": sorted(records.failed),
        "similarities": records.similarities,
        "encoders": {target: dict(some) for target, some in records.encoders.items()},
        "encoder_cards": records.encoder_cards,
    }
    table = pa.Table.from_pylist(rows, schema=_COLUMNS)
    table = table.replace_schema_metadata({"crosswear": canonical_json(about)})
    buffer = BytesIO()
    pa.parquet.write_table(table, buffer, compression="zstd", compression_level=15)
    write_bytes(path, buffer.getvalue())


def read_records(path: Path) -> StudyRecords:
    """Read a file that `write_records` wrote.

    Raises:
        StoreError: if it is missing, damaged, of another schema, or something else.
    """
    if not path.is_file():
        raise StoreError(
            "a folder, not a file" if path.is_dir() else "no such file",
            where=str(path),
            expected="records.parquet as `crosswear study report` writes it",
            todo="check the path",
        )
    try:
        table = read_parquet(path)
        about = json.loads((table.schema.metadata or {})[b"crosswear"])
        if about["schema"] != SCHEMA:
            raise StoreError(
                f"records of schema {about['schema']}",
                where=str(path),
                expected=f"schema {SCHEMA}",
                todo="read them with the crosswear that wrote them",
            )
        domains = {
            (one["name"], one["split"]): _SUMMARY.validate_json(json.dumps(one["summary"]))
            for one in about["domains"]
        }
        observed = {row["key"]: _observed(row) for row in table.to_pylist()}
        similarities = tuple(Similarity(**one) for one in about["similarities"])
        failed = frozenset(about["failed"])
        encoders = _by_target(about.get("encoders", {}), {name for name, _ in domains})
        cards = tuple(about.get("encoder_cards", ()))  # likewise
        precisions = Precisions(**about.get("precision", {}))  # older files: float32 by default
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise StoreError(
            f"cannot be read as the records of a study ({error})",
            where=str(path),
            expected="records.parquet as `crosswear study report` writes it",
        ) from error
    study = parse_study(about["study"], str(path)).decided(precisions)
    text = about["study"]
    return StudyRecords(study, text, domains, observed, failed, similarities, encoders, cards)


def _by_target(encoders: dict[str, Any], targets: Collection[str]) -> Encoders:
    """Older files have none, or the same encoders for all targets."""
    if any(isinstance(one, str) for one in encoders.values()):
        return dict.fromkeys(targets, encoders)
    return encoders


_COLUMNS = pa.schema(
    [
        ("key", pa.string()),
        ("cell", pa.string()),
        ("classes", pa.int32()),
        ("counts", pa.list_(pa.int32())),
        ("epoch", pa.int32()),
        ("train_s", pa.float32()),
        ("test_s", pa.float32()),
        ("provenance", pa.string()),
    ]
)
_SUMMARY = pydantic.TypeAdapter(DomainSummary)
_CELL = pydantic.TypeAdapter(Cell)


def _observed(row: dict[str, Any]) -> Observed:
    return Observed(
        cell=_CELL.validate_json(row["cell"]),
        classes=row["classes"],
        counts=np.array(row["counts"], dtype=np.int32).reshape(-1, 4),
        epoch=row["epoch"],
        timing=Timing(row["train_s"], row["test_s"]),
        provenance=json.loads(row["provenance"]),
    )
