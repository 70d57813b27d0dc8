"""A `dataset.toml` in the making: guesses with reasons, and open questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosswear.datasets.propose.toml import render
from crosswear.datasets.tree import FolderTree
from crosswear.tables.evidence import RunnerUp


@dataclass(frozen=True)
class Guess:
    """A value for a key of `dataset.toml`, what speaks for it, and what comes next."""

    key: str
    value: Any
    because: str
    runner_up: RunnerUp | None = None


@dataclass(frozen=True)
class Question:
    """A question that the files leave open.

    Attributes:
        key: the key of `dataset.toml` that is asked for.
        text: the question.
        likely: the answer that the files suggest, as ``KEY=VALUE``; empty if none stands out.
    """

    key: str
    text: str
    likely: str = ""


@dataclass(frozen=True)
class Proposal:
    """A `dataset.toml` in the making.

    Attributes:
        folder: where the files lie.
        guesses: in the order of the keys in the file.
        questions: what must be answered before the file can be written.
        notes: what was seen and left out.
    """

    folder: Path
    guesses: tuple[Guess, ...]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]

    def toml(self) -> str:
        """The text of `dataset.toml`; incomplete while there are questions."""
        reasons = {guess.key: guess.because for guess in self.guesses}
        return render({guess.key: guess.value for guess in self.guesses}, reasons)


class Sheet:
    """Collector of what is known and what is not, as it comes up.

    Args:
        folder: of the files.
        answers: values by key; they go before every guess.
    """

    def __init__(self, folder: Path, answers: Mapping[str, Any]) -> None:
        self.folder, self.answers = folder, answers
        self.tree = FolderTree(folder)
        self.guesses: dict[str, Guess] = {}
        self.questions: list[Question] = []
        self.notes: list[str] = []

    def say(self, key: str, value: Any, because: str, runner_up: RunnerUp | None = None) -> None:
        """Note a guess; an answer goes before it, and an empty value leaves the key out."""
        if key in self.answers:
            value, because, runner_up = self.answers[key], "as answered", None
        if value not in ("", None):
            self.guesses[key] = Guess(key, value, because, runner_up)

    def ask(self, key: str, text: str, likely: Sequence[str] = ()) -> None:
        """Ask, unless the key is answered or asked already; a single likely answer is offered."""
        if key in self.answers:
            self.say(key, None, "")
        elif all(question.key != key for question in self.questions):
            self.questions.append(Question(key, text, likely[0] if len(likely) == 1 else ""))

    def value(self, key: str) -> Any:
        """Return the value that is proposed for a key, if there is one."""
        return self.guesses[key].value if key in self.guesses else None
