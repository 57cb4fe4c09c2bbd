"""The description of the interface in the reader's language: FastAPI takes it, in English, from the code."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

#: what of an OpenAPI document is said to a person
SAID = ("summary", "description")


@lru_cache(maxsize=1)
def chinese_words() -> dict[str, str]:
    """Return what the description says: English as the code has it, and its Chinese."""
    read: dict[str, str] = yaml.safe_load(files("dashboard").joinpath("api.yml").read_text(encoding="utf-8"))
    return read


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
