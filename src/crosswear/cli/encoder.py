"""`crosswear encoder`: feature extractors, of others or pretrained, as sources of studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from crosswear.cli.options import AsJson
from crosswear.cli.output import print_json, print_table
from crosswear.core.errors import UsageError

if TYPE_CHECKING:
    from crosswear.encoders import Encoder
    from crosswear.encoders.pretraining_record import PretrainingRecord

encoder_app = typer.Typer(
    name="encoder",
    help="Feature extractors of others, as sources of studies.",
    no_args_is_help=True,
)

NEEDED = ("rate", "window", "unit", "layout", "normalise", "licence", "origin")
"""Options whose value no file holds."""
SHORTER = {
    None: "refused",
    "pad": "padded with zeros",
    "repeat": "repeated",
    "keep": "as they are",
}

NewFolder: TypeAlias = Annotated[
    Path, typer.Option("--out", metavar="ENCODER", help="A new folder.")
]
Licence: TypeAlias = Annotated[str | None, typer.Option(help="Licence of the weights.")]
Origin: TypeAlias = Annotated[
    str | None, typer.Option(help="Who trained it on which data: a citation or an address.")
]


@encoder_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="One file with all weights.")],
    out: NewFolder,
    rate: Annotated[float | None, typer.Option(help="Hz of the windows that it takes.")] = None,
    window: Annotated[float | None, typer.Option(help="Seconds of a window.")] = None,
    unit: Annotated[str | None, typer.Option(help="g or m/s2.")] = None,
    layout: Annotated[
        str | None, typer.Option(help="NCL: windows, channels, samples; or NLC.")
    ] = None,
    normalise: Annotated[
        str | None,
        typer.Option(help="none; z-score: of each axis in each window; fixed: --mean and --std."),
    ] = None,
    licence: Licence = None,
    origin: Origin = None,
    channels: Annotated[str, typer.Option(help="Order of the axes.")] = "xyz",
    mean: Annotated[str | None, typer.Option(help="Of each channel: 0,0,9.8")] = None,
    std: Annotated[str | None, typer.Option(help="Of each channel: 1,1,1")] = None,
    shorter: Annotated[
        str | None,
        typer.Option(help="Shorter windows: pad them with zeros, repeat them, or keep them."),
    ] = None,
    pooling: Annotated[
        str, typer.Option(help="Mean over time of outputs [N, D, T] (ndt) or [N, T, D] (ntd).")
    ] = "none",
    output: Annotated[str, typer.Option(help="Name of the output, if there are several.")] = "",
    fixed: Annotated[
        list[str] | None,
        typer.Option(help="Name of weights that were not learned, such as a filter bank."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Examine an ONNX file, and keep it with a card as a source for studies."""
    from crosswear.encoders.card import parse_card
    from crosswear.encoders.importing import import_encoder

    needed = (rate, window, unit, layout, normalise, licence, origin)
    _expect_stated(dict(zip(NEEDED, needed, strict=True)))
    card = parse_card(
        {
            "rate_hz": rate,
            "window_s": window,
            "unit": unit,
            "layout": layout,
            "normalisation": normalise,
            "licence": licence,
            "origin": origin,
            "channels": channels,
            "mean": _numbers(mean, "--mean"),
            "std": _numbers(std, "--std"),
            "shorter": shorter,
            "pooling": pooling,
            "output": output,
            "fixed": tuple(fixed or ()),
        }
    )
    print_encoder(import_encoder(file, out, card), as_json)


@encoder_app.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(help="Folder of encoders.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """List the encoders in a folder."""
    from crosswear.encoders import encoders_in

    found = encoders_in(folder)
    if as_json:
        print_json([_about(one) for one in found])
        return
    rows = [
        [
            one.folder.name,
            f"{one.card.rate_hz:g}",
            f"{one.card.window_s:g}",
            one.card.unit,
            str(one.manifest.found.features),
            one.card.licence,
        ]
        for one in found
    ]
    print_table("Encoders", ["name", "Hz", "window s", "unit", "features", "licence"], rows)


@encoder_app.command()
def describe(
    encoder: Annotated[Path, typer.Argument(metavar="ENCODER", help="Folder of the encoder.")],
    as_json: AsJson = False,
) -> None:
    """Show the card of an encoder, and what was found in its file."""
    from crosswear.encoders import load_encoder

    print_encoder(load_encoder(encoder), as_json)


@encoder_app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    out: NewFolder,
    source: Annotated[str, typer.Option(help="Name of a source in the study; a+b: a joint one.")],
    licence: Licence = None,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Write a source network of a run as an encoder, without its dense layers."""
    from crosswear.api.encoders import export_encoder

    _expect_stated({"licence": licence, "origin": origin})
    made = export_encoder(run, source, out, licence=licence or "", origin=origin or "")
    print_encoder(made, as_json)


def _expect_stated(options: dict[str, object]) -> None:
    missing = [f"--{name}" for name, value in options.items() if value is None]
    if missing:
        raise UsageError(
            f"not stated: {', '.join(missing)}",
            expected="what the authors of the encoder say of it: a wrong guess would not show",
            todo="look it up and add it; docs/encoders.md says what each means",
        )


def _numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    try:
        return None if text is None else tuple(float(one) for one in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"{text!r} are no numbers", where=option, expected="three, as in 0,0,9.8"
        ) from error


def _about(encoder: Encoder) -> dict[str, object]:
    manifest = encoder.manifest
    return {
        "name": encoder.folder.name,
        "digest": manifest.digest,
        "card": manifest.card,
        "found": manifest.found,
    }


def print_encoder(encoder: Encoder, as_json: bool) -> None:
    """Print the card of an encoder, and what was found in its file."""
    if as_json:
        print_json(_about(encoder))
        return
    card, found = encoder.card, encoder.manifest.found
    shorter = SHORTER[card.shorter]
    normalised = f"by mean {card.mean} and std {card.std}" if card.mean else card.normalisation
    rows = [
        ["windows", f"{card.window_s:g} s at {card.rate_hz:g} Hz: {card.samples} samples"],
        ["axes", f"{card.channels} in {card.unit}, {card.layout}, normalised: {normalised}"],
        ["shorter windows", shorter],
        ["features", f"{found.features}, pooling {card.pooling}"],
        ["untrained control", f"{found.drawn:,} of {found.weights:,} weights drawn anew"],
        ["weights that stay", ", ".join(card.fixed) or "none named"],
        ["file", f"{found.bytes / 1e6:.2f} MB, sha256 {found.sha256}"],
        ["licence", card.licence],
        ["origin", card.origin],
    ]
    print_table(f"Encoder {encoder.folder.name}", ["what", "value"], rows)
    if card.learned is not None:
        _print_learned(card.learned)


def _print_learned(learned: PretrainingRecord) -> None:
    rows = [
        [
            one.name,
            " ".join(part for part in (one.dataset, one.placement) if part),
            str(one.people),
            f"{one.hours:.2f}",
            str(one.classes),
            f"{100 * one.micro_f1:.1f}",
            one.licence,
        ]
        for one in learned.domains
    ]
    headings = ["domain", "dataset", "people", "hours", "classes", "micro-F1", "licence"]
    print_table(f"Learned from, by {learned.name}; micro-F1 on validation windows", headings, rows)
    how, model = learned.training, learned.model
    filters = ", ".join(map(str, model.filters))
    typer.echo(
        f"{model.name} with {filters} filters, epoch {learned.epoch} of {how.epochs}, "
        f"batch {how.batch_size}, learning rate {how.learning_rate:g}, seed {learned.seed}"
    )
