"""`crosswear data`: the datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.data_fetch import fetch, verify
from crosswear.cli.data_new import new
from crosswear.cli.options import AsJson, CacheFolder, DataFolder, Workers
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.files import expect_writable, write_text
from crosswear.core.interruption import remains

data_app = typer.Typer(name="data", help="The datasets.", no_args_is_help=True)
data_app.command()(new)
data_app.command()(fetch)
data_app.command()(verify)


@data_app.command("list")
def list_datasets(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option(help="Print all that is declared, as a page.")] = False,
) -> None:
    """List the datasets that can be read."""
    from crosswear.datasets import REGISTRY
    from crosswear.report.describe.catalogue import catalogue

    if markdown:
        typer.echo(catalogue(REGISTRY.values()), nl=False)
        return
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
                    "sensors": spec.sensors,
                    "variants": {
                        name: [row.name for row in table] for name, table in spec.variants.items()
                    },
                }
                for spec in REGISTRY.values()
            ]
        )
        return
    specs = REGISTRY.values()
    print_table(
        "Datasets",
        ["name", "title", "licence"],
        [[spec.name, spec.title, spec.licence] for spec in specs],
    )
    print_table(
        "What is in them (a placement other than the first: NAME:placement=…; "
        "with a gyroscope: NAME:sensors=accelerometer+gyroscope)",
        ["name", "subjects", "classes", "Hz", "gyroscope", "placements"],
        [
            [
                spec.name,
                str(spec.subjects),
                str(len(spec.variants[spec.default_options.variant])),
                f"{spec.rate_hz:g}",
                "yes" if "gyroscope" in spec.sensors else "",
                ", ".join(spec.placements),
            ]
            for spec in specs
        ],
    )


@data_app.command()
def describe(
    references: Annotated[
        list[str], typer.Argument(metavar="DATASET...", help="E.g. wharf dsads:placement=torso")
    ],
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    split: Annotated[int, typer.Option(min=0, max=1000, help="Number of the subject split.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Write the table as CSV.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write the table as LaTeX.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Folder for pictures of each domain.")] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Show subjects, classes, windows and the split that was reached, as the study's Table 1."""
    from crosswear.api.preparing import prepare
    from crosswear.core.config import PreparationConfig
    from crosswear.engine.executors.processes import available_workers
    from crosswear.report.describe.domain_table import (
        describe_csv,
        describe_domain,
        describe_latex,
        missing_classes,
        recorded,
        split_reached,
        windowed,
        windows_by_class,
    )
    from crosswear.report.describe.plot import draw_domains

    expect_writable(*filter(None, (csv, latex)), folder=plot)
    config = PreparationConfig(split=split)
    remains("finished parts are kept, the same command goes on")
    workers = workers or available_workers()
    domains = [prepare(reference, data, config, cache, workers) for reference in references]
    rows = [describe_domain(domain, config.hop_s) for domain in domains]
    if csv:
        write_text(csv, describe_csv(rows))
    if latex:
        write_text(latex, describe_latex(rows))
    pictures = draw_domains(domains, config, plot) if plot else []
    if as_json:
        print_json(
            [
                {
                    "summary": domain.summary,
                    "windowed_min": row.windowed_min,
                    "majority_f1_percent": row.majority_f1,
                    "windows": row.by_class,
                }
                for domain, row in zip(domains, rows, strict=True)
            ]
        )
        return
    for domain, row in zip(domains, rows, strict=True):
        for sentence in domain.summary.notes:
            print_note(f"{row.domain}: {sentence}")
    tables = (recorded(rows), windowed(rows), split_reached(rows), missing_classes(rows))
    for table in (*tables, *map(windows_by_class, rows)):
        if table.rows:
            print_table(table.caption, table.headings, table.rows)
    for path in filter(None, (csv, latex, *pictures)):
        typer.echo(f"wrote {path}")
