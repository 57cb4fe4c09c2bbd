"""Every text a person reads, by key, Chinese first and English complete.

A package keeps its texts in ``<package>/texts/*.yml``: ``key: {zh: …, en: …}``; keys are unique in the house and begin
with the file's name (``wall.title`` in ``wall.yml``). Values are filled with `str.format`.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gis.documents import parse_yaml
from gis.errors import BadInput, NotFound
from gis.sentences import JOINTS, PACKAGES, Speaks

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Texts:
    """The catalogue in one language; ``texts("wall.age", age="6秒")``."""

    language: str
    by_key: Mapping[str, Mapping[str, str]]

    def __call__(self, key: str, **values: Any) -> str:
        try:
            return self.by_key[key][self.language].format(**values)
        except KeyError as fault:
            raise NotFound("text {key!r} lacks {fault}", key=key, fault=fault) from fault

    def words(self, several: Iterable[str]) -> str:
        """Join words to a list as the language does: 甲、乙; one, other."""
        return JOINTS[self.language][0].join(several)

    def clauses(self, several: Iterable[str]) -> str:
        """Join clauses as the language does: 甲；乙; one; other."""
        return JOINTS[self.language][1].join(several)

    def noted(self, word: str, note: str) -> str:
        """Put a note in brackets behind a word as the language does: 甲（乙）; one (other)."""
        return f"{word}（{note}）" if self.language == "zh" else f"{word} ({note})"

    def under(self, prefix: str) -> dict[str, str]:
        """Every text whose key begins with `prefix`, unfilled, by the rest of its key: for a page's script."""
        return {
            key.removeprefix(prefix): forms[self.language]
            for key, forms in self.by_key.items()
            if key.startswith(prefix)
        }


@dataclass(frozen=True)
class InTexts:
    """A sentence of an error that is put together from the catalogue, once the reader's language is known."""

    write: Callable[[Texts], str]

    def within(self, language: str) -> str:
        """Write it in `language`."""
        return self.write(texts_in(language))

    def __str__(self) -> str:
        return self.within("en")


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict[str, str]]:
    """Read every package's texts once; a doubled key, a missing language or a text cut at a comma is refused."""
    found: dict[str, dict[str, str]] = {}
    for package in PACKAGES:
        folder = files(package).joinpath("texts")
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if not file.name.endswith(".yml"):
                continue
            for key, forms in (parse_yaml(file.read_text(encoding="utf-8")) or {}).items():
                if key in found or not key.startswith(file.name.removesuffix(".yml") + "."):
                    raise BadInput(
                        "{package}/texts/{name}: key {key!r} is doubled or does not begin with the file's name",
                        package=package,
                        name=file.name,
                        key=key,
                    )
                if missing := [language for language in LANGUAGES if not forms.get(language)]:
                    raise BadInput(
                        "{package}/texts/{name}: {key!r} has no {missing}",
                        package=package,
                        name=file.name,
                        key=key,
                        missing=missing,
                    )
                if others := [str(name) for name in forms if name not in LANGUAGES]:
                    raise BadInput(
                        "{package}/texts/{name}: {key!r} goes on with {others} after a comma; quote it",
                        package=package,
                        name=file.name,
                        key=key,
                        others=others,
                    )
                found[key] = {language: str(forms[language]) for language in LANGUAGES}
    return found


def installed_language() -> str:
    """The language of this installation, of which a command speaks that is not told another: FENGQIAO_LANGUAGE."""
    named = os.environ.get("FENGQIAO_LANGUAGE", "")
    return named if named in LANGUAGES else "zh"


def spoken(said: Speaks) -> str:
    """Return what a command says, in the language of this installation."""
    return said.within(installed_language())


def texts_in(language: str) -> Texts:
    """Return the catalogue in `language`, in that of the installation when it is not one of ours."""
    return Texts(language if language in LANGUAGES else installed_language(), catalogue())
