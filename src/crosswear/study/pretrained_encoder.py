"""An encoder from a pretraining file: prepare its domains, train, write its folder."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from crosswear.core.errors import LeakageError
from crosswear.core.files import expect_absent, expect_writable
from crosswear.core.recording import Subset
from crosswear.core.texts import Note, one_line
from crosswear.datasets import lookup
from crosswear.datasets.domain import Domain, of_acceleration, own_files, same_dataset_named
from crosswear.datasets.prepare import prepare
from crosswear.deploy.export.source_encoder import export_encoder
from crosswear.encoders import Encoder, expect_onnx
from crosswear.encoders.card import LONGEST_TEXT
from crosswear.encoders.pretraining_record import LearnedDomain, PretrainingRecord
from crosswear.engine.device import check_device
from crosswear.engine.pretraining import Pretrained, pretrain
from crosswear.grid.pretraining_file import KEYS, PretrainingDesign, parse_pretraining
from crosswear.grid.result import EpochScore
from crosswear.study.load import check_different
from crosswear.study.read import beside, read_settings
from crosswear.study.run import Progress, Report


def read_pretraining(path: str | Path) -> PretrainingDesign:
    """Read and check a pretraining file.

    Args:
        path: of the file, or its text in several lines.

    Raises:
        StudyFileError: if it cannot be read or holds what it should not.
    """
    if isinstance(path, str) and "\n" in path:
        return parse_pretraining(path, "pretraining")
    path = Path(path)
    design = parse_pretraining(read_settings(path, KEYS), str(path))
    return replace(design, domains=beside(design.domains, path.parent))


def expect_pretraining(
    design: PretrainingDesign, left_out: Mapping[str, str], out: Path, device: str
) -> None:
    """Check what can be checked before anything is read.

    Args:
        design: the file, without the domains that are left out.
        left_out: references of these domains by their names.
        out: folder to make.
        device: `cpu` or `cuda`.

    Raises:
        UsageError: if `out` exists, the extra `onnx` is not installed, or this machine has no such
            device.
        LeakageError: if a dataset is left out and learned from under another name.
        DiskError: if the folder cannot be written.
    """
    expect_onnx()
    expect_absent(out)
    expect_writable(folder=out)
    check_device(device)
    for name, reference in left_out.items():
        _expect_unrelated(name, reference, design.domains)


def pretraining_domains(
    design: PretrainingDesign, data: str | Path | None, cache: str | Path, note: Note
) -> dict[str, Domain]:
    """Prepare the domains of a pretraining, of acceleration alone.

    Args:
        design: the file, without the domains that are left out.
        data: folder or URL with one folder per dataset.
        cache: folder of prepared domains.
        note: takes a sentence about anything repaired, dropped or not found.

    Raises:
        StudyFileError: if two domains are the same.
        CrosswearError: if a domain cannot be read.
    """
    domains = {
        name: of_acceleration(prepare(reference, data, design.preparation, cache))
        for name, reference in design.domains.items()
    }
    check_different(domains)
    for name, domain in domains.items():
        for sentence in domain.summary.notes:
            note(f"{name}: {sentence}")
    return domains


def pretrain_encoder(
    design: PretrainingDesign,
    domains: Mapping[str, Domain],
    out: Path,
    device: str,
    report: Report,
) -> Encoder:
    """Train an encoder on domains, and write its folder at the end.

    Args:
        design: the file.
        domains: its prepared domains by their names.
        out: folder to make.
        device: `cpu` or `cuda`.
        report: takes the progress.

    Raises:
        UsageError: if the windows are too short for the network.
        DiskError: if the folder cannot be written.
    """
    epochs = design.training.epochs
    report(Progress(0, epochs, 0.0, ""))
    done = itertools.count(1)

    def after_epoch(score: EpochScore) -> None:
        epoch = next(done)
        reached = f"validation micro-F1 {score.validation_micro_f1 or 0:.3f}"
        report(Progress(epoch, epochs, epoch / epochs, reached))

    trained = pretrain(design, domains, device, after_epoch)
    record = _record(design, domains, trained)
    licences = dict.fromkeys(f"{one.dataset}: {one.licence}" for one in record.domains)
    origin = f"crosswear pretrain {design.name}: {', '.join(domains)}"
    return export_encoder(
        trained.checkpoint,
        design.preparation.rate_hz,
        licence=one_line(" / ".join(licences), LONGEST_TEXT),  # whole in the record
        origin=one_line(origin, LONGEST_TEXT),
        out=out,
        learned=record,
    )


def _expect_unrelated(name: str, absent: str, domains: Mapping[str, str]) -> None:
    for other, reference in domains.items():
        if same_dataset_named(absent, reference):
            raise LeakageError(
                f"{name!r} is left out, and {other!r} is of the same dataset",
                where="--leave-out",
                expected="nothing learned of a dataset that is left out",
                todo=f"add --leave-out {other}",
            )


def _record(
    design: PretrainingDesign, domains: Mapping[str, Domain], trained: Pretrained
) -> PretrainingRecord:
    hop_h = design.preparation.hop_s / 3600
    learned = []
    for name, domain in domains.items():
        spec, _ = lookup(domain.summary.reference)
        rows = domain.indices(Subset.TRAIN)
        learned.append(
            LearnedDomain(
                name=name,
                dataset=spec.name,
                placement=domain.summary.placement,
                licence=spec.licence,
                people=len(np.unique(domain.windows.subject[rows])),
                windows=len(rows),
                hours=round(len(rows) * hop_h, 3),
                classes=len(domain.classes),
                micro_f1=round(trained.scores[name], 4),
                files=tuple(sorted(own_files(domain.summary.reference))),
            )
        )
    return PretrainingRecord(
        design.name,
        tuple(learned),
        trained.epoch,
        design.seed,
        design.preparation,
        design.model,
        design.training,
    )
