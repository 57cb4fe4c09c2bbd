"""Every name under which a place may be written, in the form the engine reads."""

from collections import defaultdict
from dataclasses import dataclass

from gis.geocode.gazetteer import Gazetteer
from gis.geocode.normalise import normalise


@dataclass(frozen=True, slots=True)
class Name:
    """A written form of a place's name."""

    text: str
    place_id: str
    relation: str  # "name", or the relation of the alias


def place_names(gazetteer: Gazetteer) -> dict[str, tuple[Name, ...]]:
    """Return all names by their normalised text.

    A village whose people were resettled is found under the place where they live now; only a village nobody is known
    to have left for somewhere answers for itself.
    """
    names: dict[str, dict[str, Name]] = defaultdict(dict)
    resettled = {normalise(alias.alias) for alias in gazetteer.aliases if alias.relation == "resettled_to"}
    for place in gazetteer.places.values():
        text = normalise(place.name)
        if text and not (place.kind == "village" and text in resettled):
            names[text].setdefault(place.place_id, Name(text, place.place_id, "name"))
    for alias in gazetteer.aliases:
        text = normalise(alias.alias)
        if text:
            names[text].setdefault(alias.place_id, Name(text, alias.place_id, alias.relation))
    return {text: tuple(found.values()) for text, found in names.items()}
