"""Sentences that are written where they arise, in English, and read in the reader's language.

An error is raised deep inside, where nobody knows who will read it. So it carries a template and its values, and the
edge fills it: in English as it stands, in Chinese by ``<package>/sentences.yml`` (``English template: 中文``). A
sentence may hold further sentences; a list of them is joined as the language joins.
"""

import string
from collections.abc import Collection, Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, runtime_checkable

from gis.documents import parse_yaml

PACKAGES = ("gis", "access", "etl", "layers", "casework", "alerts", "dashboard")

#: between words and between sentences of a list
JOINTS = {"en": (", ", "; "), "zh": ("、", "；")}


@runtime_checkable
class Speaks(Protocol):
    """What can say itself in a language."""

    def within(self, language: str) -> str:
        """Return it in `language`."""


class Sentence:
    """A sentence in every language: its English template and what fills it.

    Parameters
    ----------
    template
        As `str.format` reads it, with named fields; `sentences` knows its Chinese.
    values
        Numbers, texts, other sentences, or lists of these.

    >>> str(Sentence("{file} has no column {columns}", file="residents.csv", columns=["姓名", "性别"]))
    'residents.csv has no column 姓名, 性别'
    """

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template = template
        self.values = {name: _kept(value) for name, value in values.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.template, self.values)

    def __str__(self) -> str:
        return self.within("en")

    def __repr__(self) -> str:
        return f"Sentence({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sentence) and (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash(self.template)

    def within(self, language: str) -> str:
        """Fill the sentence in `language`; English where the catalogue has no such sentence."""
        template = self.template if language == "en" else sentences().get(self.template, self.template)
        tongue = language if language in JOINTS else "zh"
        return template.format(**{name: in_words(value, tongue) for name, value in self.values.items()})


def _again(template: str, values: Mapping[str, Any]) -> Sentence:
    return Sentence(template, **values)


def _kept(value: Any) -> Any:
    """A fault of a library is kept as its words: it may hold what cannot be sent to another process."""
    if isinstance(value, BaseException):
        return value if isinstance(value, Speaks) else str(value)
    return value


def in_words(value: Any, language: str) -> Any:
    """Return a value of a sentence as it is put in: lists joined, sentences filled, all else as it is."""
    if isinstance(value, Speaks):
        return value.within(language)
    if isinstance(value, type) and issubclass(value, Enum):
        value = [member.value for member in value]
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        between_words, between_sentences = JOINTS[language]
        joint = between_sentences if any(isinstance(one, Speaks) for one in value) else between_words
        return joint.join(str(in_words(one, language)) for one in value)
    return value


def listed(all_of_them: Collection[Sentence], *, most: int = 10) -> Sentence:
    """Join sentences to one, at most `most` of them; the rest is counted."""
    shown = list(all_of_them)[:most]
    if len(all_of_them) > most:
        return Sentence("{faults} - and {more} more", faults=shown, more=len(all_of_them) - most)
    return Sentence("{faults}", faults=shown)


def fields_of(template: str) -> set[str]:
    """Return the names of a template's fields."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@cache
def chinese_of(package: str, name: str) -> Mapping[str, str]:
    """Read a file of a package in which the Chinese stands beside the English as the code has it; once."""
    file = files(package).joinpath(name)
    return dict(parse_yaml(file.read_text(encoding="utf-8")) or {}) if file.is_file() else {}


@cache
def sentences() -> Mapping[str, str]:
    """Return every package's sentences: English template to Chinese template."""
    return {en: zh for package in PACKAGES for en, zh in chinese_of(package, "sentences.yml").items()}
