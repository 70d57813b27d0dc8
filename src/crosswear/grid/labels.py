"""Classes that domains share: what a study file declares so that no label of the target is needed.

Two datasets name and cut activities in ways of their own. The table `[labels]` of a study file says
which of their classes are one: a shared class is made of some classes of each domain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from crosswear.core.errors import StudyFileError
from crosswear.core.texts import did_you_mean

FEWEST = 2
"""Shared classes of a pair of domains: with fewer there is nothing to separate."""

Labels: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""For every shared class, by domain, the names or codes of its classes; a domain may have none."""


@dataclass(frozen=True)
class SharedClass:
    """A class that a source and a target share, with their own names for it."""

    name: str
    source: tuple[str, ...]
    target: tuple[str, ...]


def shared_classes(labels: Labels, source: str, target: str) -> tuple[SharedClass, ...]:
    """The classes that two domains share, in the order of the study file."""
    return tuple(
        SharedClass(name, by_domain[source], by_domain[target])
        for name, by_domain in labels.items()
        if by_domain.get(source) and by_domain.get(target)
    )


def labelled_domains(labels: Labels) -> tuple[str, ...]:
    """Domains that have a shared class."""
    return tuple(dict.fromkeys(name for by_domain in labels.values() for name in by_domain))


def check_labels(
    labels: Labels, domains: Collection[str], pairs: Iterable[tuple[str, str]], where: str
) -> None:
    """Check the table of shared classes, as far as that goes without the domains themselves.

    Args:
        labels: the table.
        domains: names of the domains of the study.
        pairs: source and target that are to share classes.
        where: name of the study file, for messages.

    Raises:
        StudyFileError: if it names another domain, or a class of a domain twice, or if a pair
            shares fewer than two classes.
    """
    for name, by_domain in labels.items():
        for domain in by_domain:
            if domain not in domains:
                raise StudyFileError(
                    f"there is no domain {domain!r}",
                    where=f"{where}: labels.{name}",
                    expected=", ".join(domains),
                )
    for domain in labelled_domains(labels):
        counts = Counter(one for by_domain in labels.values() for one in by_domain.get(domain, ()))
        twice = [one for one, count in counts.items() if count > 1]
        if twice:
            raise StudyFileError(
                f"class {twice[0]!r} of {domain!r} is named twice",
                where=f"{where}: labels",
                expected="every class of a domain in one shared class at most",
            )
    for source, target in pairs:
        shared = shared_classes(labels, source, target)
        if len(shared) < FEWEST:
            raise StudyFileError(
                f"{source!r} and {target!r} share {len(shared)} of the classes",
                where=f"{where}: labels",
                expected=f"at least {FEWEST} for every pair of domains that it names",
                todo="name more classes of both, or take one of them out of the table",
            )


def by_name(
    labels: Labels, domain: str, classes: Sequence[str], codes: Sequence[str] = ()
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the table with the names of a domain's classes, where it has their codes.

    Args:
        labels: the table.
        domain: name of the domain.
        classes: names of its classes.
        codes: the publisher's codes of the same classes; none, if they are not known.

    Raises:
        StudyFileError: if a class is none of the domain's, is named twice, or could be two classes.
    """
    name_of = dict(zip(codes, classes, strict=True)) if codes else {}
    seen: set[str] = set()
    for shared, by_domain in labels.items():
        for one in by_domain.get(domain, ()):
            names = {one} & {*classes} | {name_of.get(one, one)} & {*classes}
            where = f"labels.{shared}.{domain}"
            if not names:
                raise StudyFileError(
                    f"{domain!r} has no class {one!r}",
                    where=where,
                    expected=f"names or codes of classes: {'; '.join(_listed(classes, codes))}",
                    todo=did_you_mean(one, (*classes, *codes)) or "choose one of them",
                )
            if len(names) > 1 or names & seen:
                twice = "is the code of one class and the name of another"
                raise StudyFileError(
                    f"{one!r} {twice if len(names) > 1 else 'is named twice, by code and by name'}",
                    where=where,
                    expected="every class once, by a text that is one class alone",
                    todo="give the names of the classes",
                )
            seen |= names
    return {
        shared: {
            name: tuple(one if one in classes else name_of[one] for one in some)
            if name == domain
            else some
            for name, some in by_domain.items()
        }
        for shared, by_domain in labels.items()
    }


def _listed(classes: Sequence[str], codes: Sequence[str]) -> Iterable[str]:
    if not codes:
        return classes
    return (
        name if name == code else f"{name} ({code})"
        for name, code in zip(classes, codes, strict=True)
    )
