"""What a grid worker can report: the street's categories, with the commonest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence


@dataclass(frozen=True)
class Categories:
    """First-level category -> its kinds; `often` are those of the first screen."""

    kinds: Mapping[str, tuple[str, ...]]
    often: tuple[str, ...]
    #: where such reports come from, as the order tables call it
    source: str


def parse_categories(content: Mapping[str, Any]) -> Categories:
    """Check that every kind has one category and every frequent kind is one."""
    kinds = {category: tuple(given) for category, given in content["categories"].items()}
    every = [kind for given in kinds.values() for kind in given]
    faults = [
        Sentence("{kind} stands twice", kind=kind) for kind in sorted({kind for kind in every if every.count(kind) > 1})
    ]
    faults += [
        Sentence("{kind} is often, but in no category", kind=kind) for kind in content["often"] if kind not in every
    ]
    if faults:
        raise BadInput("{file}: {faults}", file="categories.yml", faults=faults)
    return Categories(kinds, tuple(content["often"]), content["source"])


@lru_cache(maxsize=1)
def read_categories() -> Categories:
    """Read and check the categories that ship with the house."""
    return parse_categories(parse_yaml(files("casework").joinpath("categories.yml").read_text(encoding="utf-8")))
