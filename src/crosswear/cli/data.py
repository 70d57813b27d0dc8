"""`crosswear data`: the datasets."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import typer

from crosswear.cli.output import (
    DEFAULT_CACHE,
    AsJson,
    CacheFolder,
    DataFolder,
    print_json,
    print_note,
    print_table,
)
from crosswear.config import PreparationConfig
from crosswear.datasets import REGISTRY
from crosswear.domain import Domain, prepare
from crosswear.recording import Subset

data_app = typer.Typer(name="data", help="The datasets.", no_args_is_help=True)


@data_app.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """All datasets that can be read."""
    if as_json:
        print_json(
            [
                {
                    "name": spec.name,
                    "title": spec.title,
                    "licence": spec.licence,
                    "citation": spec.citation,
                    "home": spec.home,
                    "rate_hz": spec.rate_hz,
                    "unit": spec.unit,
                    "subjects": spec.subjects,
                    "placements": spec.placements,
                    "variants": {
                        name: [row.name for row in table] for name, table in spec.variants.items()
                    },
                }
                for spec in REGISTRY.values()
            ]
        )
        return
    rows = [
        [
            spec.name,
            spec.title,
            str(spec.subjects),
            str(len(next(iter(spec.variants.values())))),
            f"{spec.rate_hz:g}",
            ", ".join(spec.placements),
            spec.licence,
        ]
        for spec in REGISTRY.values()
    ]
    columns = ["name", "title", "subjects", "classes", "Hz", "placements", "licence"]
    print_table("Datasets (a placement other than the first: NAME:placement=…)", columns, rows)


@data_app.command()
def describe(
    references: Annotated[
        list[str], typer.Argument(metavar="DATASET...", help="E.g. wharf dsads:placement=torso")
    ],
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    split: Annotated[int, typer.Option(min=0, help="Number of the subject split.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Subjects, classes, windows and the split that was reached, as the study's Table 1."""
    config = PreparationConfig(split=split)
    domains = [prepare(reference, data, config, cache) for reference in references]
    if as_json:
        print_json([{"summary": d.summary, "windows": class_windows(d)} for d in domains])
        return
    for domain in domains:
        for sentence in domain.summary.notes:
            print_note(f"{domain.summary.reference}: {sentence}")
    columns = ["", *references]
    about = [_facts(domain) for domain in domains]
    rows = [[name, *(facts[name] for facts in about)] for name in about[0]]
    print_table("Domains", columns, rows)
    for domain in domains:
        counts = class_windows(domain)
        print_table(
            f"{domain.summary.reference}: windows by class",
            ["class", "train", "validation", "test"],
            [[name, *(str(n) for n in row)] for name, row in counts.items()],
        )


def class_windows(domain: Domain) -> dict[str, list[int]]:
    """Windows of each class in train, validation and test."""
    counts = [
        np.bincount(domain.windows.y[domain.indices(subset)], minlength=len(domain.classes))
        for subset in Subset
    ]
    return {
        name: [int(count[index]) for count in counts] for index, name in enumerate(domain.classes)
    }


def _facts(domain: Domain) -> dict[str, str]:
    summary, split = domain.summary, domain.summary.split
    test = np.array([row[2] for row in class_windows(domain).values()])
    train = np.array([row[0] for row in class_windows(domain).values()])
    shares = " / ".join(f"{share:.1f}" for share in split.percent)
    missing = [
        f"{domain.classes[index]} ({subset.name.lower()})"
        for subset in Subset
        for index in split.missing[subset]
    ]
    return {
        "placement": summary.placement,
        "rate (Hz)": f"{summary.rate_hz:g}",
        "subjects": str(len(summary.subjects)),
        "classes": str(len(summary.classes)),
        "duration (min)": f"{summary.duration_s / 60:.1f}",
        "windows": str(len(domain.windows)),
        "split by": split.unit,
        "train / validation / test (%)": shares,
        "windows in them": " / ".join(str(n) for n in split.windows),
        "groups in them": " / ".join(str(n) for n in split.groups),
        "given up against leakage": " / ".join(str(n) for n in split.purged),
        "classes missing": ", ".join(missing) or "none",
        "majority micro-F1 (%)": f"{100 * test[train.argmax()] / test.sum():.1f}",
    }
