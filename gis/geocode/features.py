"""Say in numbers what speaks for and against the best reading of a text, for the calibration to weigh."""

from gis.geocode import alignment
from gis.geocode.names import CORE, FULL, PREFIX, TAIL
from gis.geocode.reading import BUILDING_MET, BUILDING_OWN, JUNCTION, KINDS, LEFT_OTHER, Reading

_VARIANTS = {FULL: 0.0, CORE: 1.0, TAIL: 2.0, PREFIX: 3.0}
_RELATIONS = {"name": 0.0, "alias": 1.0, "abbreviation": 1.0, "former_name": 2.0, "resettled_to": 3.0}

# name of each feature, and whether a higher value can only help (1), only harm (-1), or either (0)
FEATURES: tuple[tuple[str, int], ...] = (
    ("kind", 0),
    ("place_kind", 0),
    ("variant", -1),
    ("relation", 0),
    ("length", 1),
    ("weight", 1),
    ("left_out", -1),
    ("cost", -1),
    ("cost_per_character", -1),
    ("exact", 1),
    ("homophones", 0),
    ("regionals", 0),
    ("lookalikes", 0),
    ("foreign", -1),
    ("inserted", -1),
    ("deleted", -1),
    ("swapped", 0),
    ("doubled", 0),
    ("foreign_core", -1),
    ("left", -1),
    ("gap", -1),
    ("right", 0),
    ("swapped_suffix", 0),
    ("zone_state", 0),
    ("zone_exact", 0),
    ("building_state", 0),
    ("unit_state", 0),
    ("room_state", 0),
    ("road_state", 0),
    ("number_known", 0),
    ("crossing_unknown", 0),
    ("second_cost", -1),
    ("second_per_character", -1),
    ("point_known", 1),
    ("rivals", 0),
    ("margin_same_words", 1),
    ("margin_other_words", 0),
    ("rival_building", 0),
    ("margin_any", 1),
    ("same_cost_rivals", -1),
    ("building_number", 0),
    ("cannot_exist", -1),
    ("rank", -1),
    ("leftover", -1),
    ("begins_before", -1),
    ("goes_on", -1),
    ("community_state", 0),
)


# how many of the readings of a text are weighed by the calibration and looked at for that, and how far below the best
# one they may lie
MOST_READINGS, MOST_LOOKED_AT, LEAST_SCORE = 3, 6, -2.5


Answer = tuple[tuple[str, str], str, str, bool]


def answer_of(reading: Reading) -> Answer:
    """Return what a reading would be answered as: place and building, unit, room, and whether it is a crossing."""
    return reading.settled, reading.parts.unit, reading.parts.room, reading.kind == JUNCTION


def weighed_ranks(readings: list[Reading]) -> list[int]:
    """Return the ranks of the readings that are worth weighing, one for each answer they lead to.

    Of several readings with one answer the better one speaks for it, though a longer name may score higher.
    """
    ranks: dict[Answer, int] = {}
    for rank, reading in enumerate(readings[:MOST_LOOKED_AT]):
        if reading.score < readings[0].score + LEAST_SCORE:
            break
        answer = answer_of(reading)
        other = ranks.get(answer)
        if other is None:
            if len(ranks) < MOST_READINGS:
                ranks[answer] = rank
        elif _speaks(reading) > _speaks(readings[other]):
            ranks[answer] = rank
    return list(ranks.values())


def _speaks(reading: Reading) -> float:
    """Return how well a reading speaks for its answer: spelled well, and not torn out of a longer word."""
    return reading.score - reading.span.cost - float(reading.left == LEFT_OTHER)


def features_of(readings: list[Reading], rank: int) -> list[float]:
    """Return one number per entry of `FEATURES` for the reading at `rank`, the others being its rivals."""
    best = readings[rank]
    span, counts = best.span, best.span.counts
    place, building = best.settled
    size = len(span.text)
    margin_same = margin_other = margin_any = 6.0
    answer = answer_of(best)
    rival_building, same_cost = 0.0, 0.0
    for other in readings:
        if answer_of(other) == answer:
            continue
        margin_any = min(margin_any, best.score - other.score)
        other_place, other_building = other.settled
        if (other_place == place and other_building == building) or other.place_id == best.place_id:
            continue
        if best.kind == JUNCTION or (other.kind != best.kind and other.span.forms[0].owner.kind == "road"):
            continue
        difference = best.score - other.score
        if other.span.start < span.end and span.start < other.span.end:
            if difference < margin_same:
                margin_same = difference
                rival_building = float(other.building_state)
            if other.span.cost <= span.cost + 0.05 and len(other.form.text) >= size:
                same_cost += 1.0
        elif difference < margin_other:
            margin_other = difference
    second = best.second
    number = best.parts.building
    return [
        float(best.kind),
        float(KINDS.index(best.form.owner.kind)),
        _VARIANTS[best.form.variant],
        _RELATIONS.get(best.form.relation, 1.0),
        float(min(size, 8)),
        min(span.weight, 8.0),
        float(min(best.form.left_out, 5)),
        span.cost,
        span.cost / size,
        float(counts[alignment.EXACT_COUNT]),
        float(counts[alignment.HOMOPHONES]),
        float(counts[alignment.REGIONALS]),
        float(counts[alignment.LOOKALIKES]),
        float(counts[alignment.FOREIGN]),
        float(counts[alignment.INSERTED]),
        float(counts[alignment.DELETED]),
        float(counts[alignment.SWAPPED]),
        float(counts[alignment.DOUBLED]),
        (counts[alignment.FOREIGN] + counts[alignment.DELETED] + counts[alignment.INSERTED]) / size,
        float(best.left),
        float(min(best.gap, 6)),
        float(best.right),
        float(best.swapped_suffix),
        float(best.zone_state),
        float(best.zone.exact) if best.zone else -1.0,
        float(best.building_state),
        float(best.unit_state),
        float(best.room_state),
        float(best.road_state),
        float(best.number_known),
        float("crossing" in best.notes),
        second.cost if second else 0.0,
        second.cost / len(second.text) if second else 0.0,
        float(best.point is not None),
        float(min(best.rivals, 4)),
        max(-6.0, min(margin_same, 6.0)),
        max(-6.0, min(margin_other, 6.0)),
        rival_building,
        max(-6.0, margin_any),
        same_cost,
        float(min(int(number), 300))
        if number.isdigit() and best.building_state in (BUILDING_MET, BUILDING_OWN)
        else 0.0,
        float(best.unit_state == 2) + float(best.room_state == 2),
        float(rank),
        float(best.parts.leftover),
        float(best.begins_before),
        float(best.goes_on),
        float(best.community_state),
    ]
