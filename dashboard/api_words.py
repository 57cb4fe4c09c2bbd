"""The description of the interface in the reader's language: FastAPI takes it, in English, from the code."""

from collections.abc import Iterator, Mapping
from typing import Any

from gis.sentences import chinese_of

#: what of an OpenAPI document is said to a person
SAID = ("summary", "description")


def chinese_words() -> Mapping[str, str]:
    """Return what the description says: English as the code has it, and its Chinese."""
    return chinese_of("dashboard", "api.yml")


def described(document: Any, language: str) -> Any:
    """Return an OpenAPI document with all it says in `language`."""
    if language != "zh":
        return document
    if isinstance(document, list):
        return [described(part, language) for part in document]
    if not isinstance(document, Mapping):
        return document
    return {
        key: chinese_words().get(part, part) if key in SAID and isinstance(part, str) else described(part, language)
        for key, part in document.items()
    }


def words_of(document: Any) -> Iterator[str]:
    """Yield everything an OpenAPI document says to a person."""
    if isinstance(document, Mapping):
        yield from (part for key, part in document.items() if key in SAID and isinstance(part, str))
    if isinstance(document, Mapping | list):
        for part in document.values() if isinstance(document, Mapping) else document:
            yield from words_of(part)
