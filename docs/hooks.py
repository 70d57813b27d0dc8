"""Pages of the site that have their source elsewhere: files of the checkout, and the code.

MkDocs calls `on_files` and `on_page_markdown` (mkdocs.yml).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from griffe import Docstring, DocstringSectionKind
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import TypeAdapter

import crosswear
from crosswear.core.config import (
    Augmentation,
    ModelConfig,
    PreparationConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.datasets.own.layout import KEYS, Layout
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.grid import Grid

ROOT = Path(__file__).parents[1]
OF_THE_CHECKOUT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
TABLES = {
    "": StudyDesign,
    "grid": Grid,
    "preparation": PreparationConfig,
    "model": ModelConfig,
    "source": TrainConfig,
    "adaptation.augmentation": Augmentation,
    "transfer": TransferConfig,
}
"""Tables of a study file. `[adaptation]` has the keys of `[source]`."""
ELSE = {"precision": "auto"}
"""Defaults of study files that `parse_study` sets, not the class."""
Schema = Mapping[str, Any]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in this folder."""
    pages = {page: linked(name) for name, page in OF_THE_CHECKOUT.items()} | {
        "reference/python.md": python(),
        "reference/command-line.md": command_line(),
        "reference/study-file.md": study_file(),
        "reference/dataset-toml.md": dataset_toml(),
    }
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Write titles of pages for names of files, and a line between comments and tables."""
    markdown = re.sub(r"\[(?:docs/)?([\w-]+\.md)\](?=\()", titled, markdown)
    return markdown.replace("-->\n|", "-->\n\n|")


def titled(link: re.Match[str]) -> str:
    """Return the text of a link: the title of the page that it names."""
    page = ROOT / "docs" / link[1]
    title = re.search(r"^# (.+)$", page.read_text("utf-8"), re.M) if page.exists() else None
    return f"[{title[1]}]" if title else link[0]


def linked(name: str) -> str:
    """Return a file of the checkout with its links as seen from this folder."""
    text = (ROOT / name).read_text("utf-8").replace("](docs/", "](")
    for other, page in OF_THE_CHECKOUT.items():
        text = text.replace(f"]({other}", f"]({page}")
    return text


def python() -> str:
    """Return the reference of the public names, from their docstrings."""
    names = "\n\n".join(f"::: crosswear.{name}" for name in crosswear.__all__)
    return (
        "# Python\n\nEverything that `import crosswear` offers. [In Python](../api.md) shows it at "
        f"work.\n\n## Names\n\n{names}\n\nNext: [examples](../examples.md) that run.\n"
    )


def command_line() -> str:
    """Return the reference of the commands, as typer writes it."""
    done = subprocess.run(  # our own command
        [sys.executable, "-m", "typer", "crosswear.cli", "utils", "docs", "--name", "crosswear"],
        env={**os.environ, "XDG_CACHE_HOME": "~/.cache"},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    _, _, commands = done.stdout.partition("\n")
    whole = dict(re.findall(r"^#+ `crosswear ([\w -]+)`\n\n(.*)$", commands, re.MULTILINE))
    group, lines = "", []
    for line in commands.splitlines():  # typer shortens the summaries in its lists
        heading, item = re.match(r"#+ `crosswear (.+)`", line), re.match(r"\* `([a-z]+)`: ", line)
        group = f"{heading[1]} " if heading else group
        lines.append(f"{item[0]}{whole[group + item[1]]}" if item else line)
    commands = "\n".join(lines)
    return (
        "# Command line\n\nEvery command takes `--help`. "
        "[Exit codes](../architecture.md#exit-codes) say what went wrong.\n\n"
        f"## crosswear\n{commands}\n\nNext: [the same in Python](../api.md).\n"
    )


def study_file() -> str:
    """Return the reference of study files, from the classes that check them."""
    parts = [
        "# Study files",
        "Every key of a study file, with its default. [The study](../study.md#study-files) has an "
        "example and explains the terms. An unknown key is an error.",
    ]
    for name, table in TABLES.items():
        parts.append(f"## `[{name}]`" if name else "## Keys of the file")
        if name == "source":
            parts.append("`[adaptation]` has the same keys.")
        if name == "adaptation.augmentation":
            parts.append("`[source.augmentation]` has the same keys.")
        parts.append(keys_of(TypeAdapter(table).json_schema(), meanings(table)))
    parts.append("Next: [a study in ten lines](../examples/study.md).")
    return "\n\n".join(parts) + "\n"


def dataset_toml() -> str:
    """Return the reference of `dataset.toml`, from the class that checks it and from `KEYS`."""
    return (
        "# dataset.toml\n\nEvery key, with its default. `crosswear data new FOLDER` writes the "
        "file, and [Your recordings to a model](../own-data.md) explains it.\n\n"
        + keys_of(TypeAdapter(Layout).json_schema(), KEYS)
        + "\n\nNext: [CSV files to a model](../examples/recordings.md), as an example.\n"
    )


def meanings(table: type) -> dict[str, str]:
    """Return what the docstring of a class says of each attribute."""
    sections = Docstring(table.__doc__ or "").parse("google")
    return {
        one.name: " ".join(one.description.split())
        for section in sections
        if section.kind is DocstringSectionKind.attributes
        for one in section.value
    }


def keys_of(schema: Schema, meaning: Mapping[str, str]) -> str:
    """Return a table of the keys of a schema; tables within it are named with a dot."""
    rows, previous = [], ""
    for key, kind, default in keys(schema, schema.get("$defs", {}), "", meaning):
        said = meaning.get(key, f"see `{previous}`").replace("<", "&lt;")
        previous = key if key in meaning else previous
        rows.append(f"| `{key}` | {kind} | {default} | {said} |")
    return "| Key | Value | Default | Meaning |\n|---|---|---|---|\n" + "\n".join(rows)


def keys(
    schema: Schema, defs: Schema, prefix: str, meaning: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield key, kind of value and default of every key."""
    for name, value in schema["properties"].items():
        key, required = f"{prefix}{name}", name in schema.get("required", ())
        inner = next((defs[one] for one in references(value) if "properties" in defs[one]), None)
        if inner is not None and any(other.startswith(f"{key}.") for other in meaning):
            yield key, "table", "required" if required else ""
            yield from keys(inner, defs, f"{key}.", meaning)
        elif inner is None:
            default = shown(ELSE.get(name, value.get("default")))
            default = "required" if required else default
            yield key, kind_of(value, defs), default


def references(value: Schema) -> list[str]:
    """Return the names of the definitions that a value refers to."""
    return [
        one["$ref"].rpartition("/")[2]
        for one in (value, *value.get("anyOf", ()), *value.get("allOf", ()))
        if "$ref" in one
    ]


def shown(default: object) -> str:
    """Return a default as a settings file has it."""
    return "" if default is None or default == {} else f"`{json.dumps(default)}`"


def kind_of(value: Schema, defs: Schema) -> str:
    """Return in words what a schema allows."""
    if "$ref" in value:
        return kind_of(defs[references(value)[0]], defs)
    if "anyOf" in value:
        kinds = [kind_of(one, defs) for one in value["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in value or "const" in value:
        return " or ".join(
            f"`{json.dumps(one)}`" for one in value.get("enum", [value.get("const")])
        )
    if value["type"] == "array":
        if "prefixItems" in value:
            return f"{len(value['prefixItems'])} × {kind_of(value['prefixItems'][0], defs)}"
        return f"list of {kind_of(value['items'], defs)}"
    if value["type"] == "object":
        return "table"
    words = {
        "number": "number",
        "integer": "whole number",
        "string": "text",
        "boolean": "true or false",
    }
    bounds = [
        f"{sign} {value[name]:g}"
        for name, sign in (
            ("exclusiveMinimum", ">"),
            ("minimum", "≥"),
            ("exclusiveMaximum", "<"),
            ("maximum", "≤"),
        )
        if name in value
    ]
    return ", ".join([words[value["type"]], *bounds])
