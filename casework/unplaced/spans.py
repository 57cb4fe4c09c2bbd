"""Which stretches of a text the engine understood, as positions in the text as people wrote it. Pure."""

from casework.unplaced.reasons import named_places, said_name
from gis.geocode.normalise import normalise, offsets
from gis.location import Location

_CORRIDOR = "楼道"


def understood(words: str, location: Location) -> list[tuple[int, int]]:
    """Return the understood stretches of `words` as (start, end), in their order, without overlap.

    A name with the numbers behind it is one stretch; of a crossing each road is one.

    >>> from gis.location import Location
    >>> how = {"马浜花园": "compound p6 name", "building 12": "in several places", "ignored": "…楼道堆放杂物"}
    >>> understood("马浜花园 12 幢楼道堆放杂物", Location("ambiguous", "compound", "p6", how=how))
    [(0, 9)]
    """
    name = said_name(location)
    read = normalise(words)
    start = read.find(name) if name else -1
    if start < 0:
        return []
    spans = [(start, start + len(name))]
    others = [key for key, value in location.how.items() if key != name and value.startswith("road ") and key in read]
    if others:
        spans += [(read.find(other), read.find(other) + len(other)) for other in others]
    elif len(named_places(location)) == 1:
        ignored = location.how.get("ignored", "").partition("…")[2]
        end = len(read) - len(ignored) if read.endswith(ignored) else spans[0][1]
        spans = [(start, max(end, spans[0][1]))]
    origin = offsets(words)
    raw = sorted((origin[first], origin[last - 1] + 1) for first, last in spans if first >= 0)
    # 12幢楼道: the engine takes 幢楼 for one word
    raw = [(first, last - words.startswith(_CORRIDOR, last - 1)) for first, last in raw]
    return [span for place, span in enumerate(raw) if not place or span[0] >= raw[place - 1][1]]
