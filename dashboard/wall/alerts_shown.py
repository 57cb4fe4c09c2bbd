"""Open alerts as a wall shows them: a row of the list, a shape on the map, and what a takeover tells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.life import free_letters
from alerts.response import shipped_response
from alerts.words import method_words, recurrence_words, rule_title, window_words
from dashboard.look import RESOURCE_SIGNS
from dashboard.wall.ground import bounds_of, rings_of
from dashboard.wall.picture import thousands
from dashboard.wall.select_ground import SQL, shape
from gis.texts import Texts
from gis.walking import DETOUR, WALKING_M_PER_MIN
from layers.measures import SENSITIVE_SUBCATEGORIES

#: alerts of these levels own the wall for a time: red and orange
TAKEOVER_LEVELS = (1, 2)
#: an alert that has to wait its turn is not too late for the wall within so many times its time there
QUEUE_TIMES = 5
#: alerts that carry what a takeover tells: those first in the queue
FULL_FACTS = 6
#: events that stand in a takeover's timeline
STEPS_SHOWN = frozenset({"raised", "level", "acknowledged", "followed", "fell_back", "escalated"})
#: expected counts below this give no ratio worth telling
LEAST_EXPECTED = 0.5
#: nearest kinds of help a takeover names
HELP_SHOWN = 3


def select_alerts(
    connection: Connection, *, code: str, now: datetime, takeover_s: int, unplaced: int, texts: Texts
) -> dict[str, Any]:
    """Select the panel of open alerts: real ones, then those of a drill, gravest first, then oldest; then others'.

    Parameters
    ----------
    takeover_s
        How long an orange or red alert owns the wall after it was raised or became graver; only those first in the
        queue carry what a takeover tells, since that costs queries.
    unplaced
        Records that wait to be put on the map: some of them may belong to any alert.
    """
    rows = connection.execute(SQL["open_alerts"], {"code": code, "now": now}).mappings().all()
    outside = connection.execute(SQL["outside_alerts"], {"code": code, "now": now}).mappings().all()
    real = sum(1 for row in rows if not row["exercise"])
    total = rows[0]["total"] - (len(rows) - real) if rows else 0
    explained = sum(row["explains"] for row in rows)
    taking = sorted(
        (row for row in rows if waits_for_the_wall(row, now=now, takeover_s=takeover_s)),
        key=lambda row: (row["exercise"], row["level"], graded_at(row)),
    )
    full = {row["id"] for row in taking[:FULL_FACTS]}
    letters = free_letters(row["letter"] for row in rows)
    shown = [
        alert_shown(connection, row, now=now, taken=row["id"] in full, unplaced=unplaced, texts=texts) for row in rows
    ]
    shown += [outside_shown(row, letter, texts) for row, letter in zip(outside, letters, strict=False)]
    scope = texts("wall.alerts.count", n=total + len(outside))
    return {
        "title": texts("wall.alerts"),
        "scope": f"{scope} · {texts('wall.alerts.explained', n=explained)}" if explained else scope,
        "empty": texts("wall.alerts.empty"),
        "feeds": [],
        "at": None,
        "live": True,
        "drill": connection.execute(SQL["running_drill"], {"code": code}).scalar(),
        "rows": shown,
    }


def graded_at(row: Any) -> datetime:
    """When it was raised, or its level changed last."""
    moment: datetime = row["graded_at"] or row["raised_at"]
    return moment


def waits_for_the_wall(row: Any, *, now: datetime, takeover_s: int) -> bool:
    """Whether it may take the wall over: grave, somewhere, not silenced, and not long ago."""
    return (
        row["level"] in TAKEOVER_LEVELS
        and row["geom"] is not None
        and row["silenced_by"] is None
        and (now - graded_at(row)).total_seconds() < QUEUE_TIMES * takeover_s
    )


def alert_shown(
    connection: Connection, row: Any, *, now: datetime, taken: bool, unplaced: int, texts: Texts
) -> dict[str, Any]:
    """Show one alert; posts, never names of persons."""
    polygons = rings_of(shape(row["geom"]))
    return {
        "id": row["id"],
        "letter": row["letter"],
        "level": row["level"],
        "level_word": texts(f"alerts.level.{row['level']}"),
        "level_title": texts(
            "wall.alert.title",
            word=texts(f"alerts.level.{row['level']}"),
            numeral=texts(f"wall.numeral.{row['level']}"),
        ),
        "what": rule_title(row["rule"], row["rule_name"], texts),
        "where": where(row, texts),
        "place": row["unit_name"] or texts("alerts.whole"),
        "state": texts("wall.alert.silenced" if row["silenced_by"] else f"alerts.status.{row['status']}"),
        "status": row["status"],
        "why": why(row, texts),
        "holder": texts(f"alerts.post.{row['holder']}") if row["status"] == "open" else row["acknowledged_by"],
        "exercise": row["exercise"],
        "raised_at": row["raised_at"].timestamp(),
        "taken_at": graded_at(row).timestamp() if taken and polygons else None,
        "since": (row["first_at"] or row["raised_at"]).timestamp(),
        "polygons": polygons,
        "bounds": bounds_of(polygons) if polygons else None,
        # a whole community is not darkened, nor does its outline crowd out labels
        "narrow": row["unit_kind"] in ("cell", "area", "compound"),
        **(
            takeover_facts(connection, row, now=now, unplaced=unplaced, texts=texts) if taken and polygons else NO_FACTS
        ),
    }


NO_FACTS: dict[str, Any] = {"members": [], "buildings": [], "buildings_inside": [], "facts": None}


def outside_shown(row: Any, letter: str, texts: Texts) -> dict[str, Any]:
    """Show an alert of others: who says so, and until when; its area as a broken line."""
    polygons = rings_of(shape(row["geom"])) if row["geom"] else []
    return {
        "id": f"outside-{row['id']}",
        "letter": letter,
        "level": row["level"],
        "level_word": texts(f"alerts.level.{row['level']}"),
        "level_title": "",
        "what": row["headline"] or row["event"],
        "where": " · ".join(part for part in (row["area_desc"], row["source_name"]) if part),
        "place": row["source_name"],
        "state": texts("wall.alert.outside"),
        "status": "open",
        "why": "",
        "holder": "",
        "exercise": False,
        "raised_at": row["sent"].timestamp(),
        "taken_at": None,
        "since": row["effective_at"].timestamp(),
        "polygons": polygons,
        "bounds": bounds_of(polygons) if polygons else None,
        "narrow": False,
        "outside": True,
        **NO_FACTS,
    }


def why(row: Any, texts: Texts) -> str:
    """How much, whether it grows, and of what: 11 件（预期 3.2）· 扩 3 格 · 物业收费 6."""
    if row["unit_kind"] == "feed":
        return ""
    number = thousands(row["observed"])
    counted = (
        texts("wall.alert.counted", n=number)
        if row["expected"] is None
        else texts("wall.alert.counted_expected", n=number, expected=f"{row['expected']:.1f}")
    )
    kinds = [texts("wall.reason", name=one["name"], n=one["count"]) for one in row["reasons"][:1]]
    return " · ".join(part for part in (counted, trend(row, texts, brief=True), *kinds) if part)


def trend(row: Any, texts: Texts, *, brief: bool = False) -> str:
    """Whether it has grown within the hour, or since it was raised: in cells, else in cases."""
    form = "wall.trend" if brief else "wall.alert"
    cells = row["cell_count"] - (row["cells_before"] or row["cell_count"])
    if cells > 0:
        return texts(f"{form}.growing", n=cells)
    cases = round(row["observed"] - (row["observed_before"] if row["observed_before"] is not None else row["observed"]))
    if cases:
        return texts(f"{form}.more" if cases > 0 else f"{form}.fewer", n=abs(cases))
    return texts("wall.alert.level")


def where(row: Any, texts: Texts) -> str:
    """Say where: community and place; a community or the whole sub-district once."""
    community = row["community_en"] if texts.language == "en" and row["community_en"] else row["community"]
    place = row["unit_name"]
    if row["unit_kind"] == "community" or place == community:
        return community or place or texts("alerts.whole")
    return " ".join(part for part in (community, place) if part) or texts("alerts.whole")


def takeover_facts(connection: Connection, row: Any, *, now: datetime, unplaced: int, texts: Texts) -> dict[str, Any]:
    """Select what a takeover tells beyond the list's row."""
    asked = {"id": row["id"]}
    members = connection.execute(SQL["alert_members"], {**asked, "sensitive": list(SENSITIVE_SUBCATEGORIES)}).all()
    buildings = connection.execute(SQL["alert_buildings"], {**asked, "now": now}).mappings().all()
    outlines = [(rings_of(shape(building["geom"]))[0][0], building["inside"]) for building in buildings]
    area_m2 = connection.execute(SQL["alert_area_m2"], asked).scalar_one()
    events = connection.execute(SQL["alert_events"], asked).mappings().all()
    here = connection.execute(SQL["alert_unplaced"], asked).scalar()
    help_near = connection.execute(SQL["alert_help"], {**asked, "now": now}).mappings().all()
    return {
        "members": [[member.lon, member.lat] for member in members],
        "buildings": [outline for outline, inside in outlines if not inside],
        "buildings_inside": [outline for outline, inside in outlines if inside],
        "facts": {
            **measured(row, texts),
            "extent": texts(
                "wall.alert.extent",
                cells=row["cell_count"],
                hectares=f"{area_m2 / 10_000:.1f}",
                trend=trend(row, texts),
            ),
            **people(row["exposure"], texts),
            "help": helpers(help_near, texts),
            "post": post(row, texts),
            "post_state": texts(f"wall.alert.post.{row['status']}"),
            "steps": steps(row, events, texts),
            "members": texts("wall.alert.members", n=row["member_count"]) if row["member_count"] else "",
            "reach": texts("wall.alert.help") if help_near else "",
            "unplaced_label": texts("wall.alert.unplaced", n=thousands(unplaced)),
            "unplaced": texts("wall.alert.unplaced_here", n=thousands(here or 0)),
        },
    }


def measured(row: Any, texts: Texts) -> dict[str, Any]:
    """How much against what was expected, with its interval, and the commonest kinds."""
    unit, observed, expected = texts("wall.unit.cases"), row["observed"], row["expected"]
    told = expected is not None and row["expected_high"] is not None and expected > 0
    named = method_words(row["method"], texts, compared=expected is not None)
    chance = recurrence_words(row["recurrence_days"], texts)
    reasons = [texts("wall.reason", name=one["name"], n=one["count"]) for one in row["reasons"][:3]]
    return {
        "observed": thousands(observed),
        "expected": texts("wall.alert.expected", unit=unit, expected=f"{expected:.1f}")
        if told
        else texts("wall.alert.no_expected", unit=unit),
        # against next to nothing expected a ratio says nothing
        "times": texts("wall.alert.times", n=f"{observed / expected:.1f}")
        if told and expected >= LEAST_EXPECTED
        else "",
        "gauge": {
            "observed": observed,
            "expected": expected,
            "low": row["expected_low"] or 0.0,
            "high": row["expected_high"],
            "unit": texts("wall.alert.per_window", window=window_words(row["window_from"], row["window_to"], texts)),
        }
        if told
        else None,
        "reasons": " · ".join(reasons),
        "method": texts(
            "wall.alert.method" if told else "wall.alert.method_plain",
            method=texts("wall.alert.method_chance", method=named, chance=chance) if chance else named,
        ),
    }


def people(exposure: dict[str, int | None], texts: Texts) -> dict[str, str]:
    """Who lives there; fewer than five are not counted out, and nobody known is said so."""

    def told(measure: str) -> str:
        number = exposure.get(measure)
        return texts("wall.alert.few") if number is None else thousands(number)

    if not exposure:
        return {"people": texts("wall.absent"), "groups": ""}
    return {
        "people": texts("wall.alert.people", households=told("households"), persons=told("persons")),
        "groups": texts("wall.alert.groups", aged=told("aged_60"), alone=told("living_alone")),
    }


def helpers(rows: Sequence[Any], texts: Texts) -> list[dict[str, Any]]:
    """Nearest help, nearest first; walking minutes are estimated as the crow flies times 1.3."""
    found = []
    for row in sorted(rows, key=lambda one: one["distance_m"])[:HELP_SHOWN]:
        distance_m = row["distance_m"] * DETOUR
        found.append(
            {
                "name": row["name"],
                "distance": f"{round(distance_m, -1):.0f} m",
                "minutes": texts("wall.alert.minutes", n=max(1, round(distance_m / WALKING_M_PER_MIN))),
                "state": texts("wall.ready" if row["status"] == "ready" else f"wall.status.{row['status']}"),
                "ready": row["status"] == "ready",
                "sign": RESOURCE_SIGNS[row["kind"]],
                "point": [row["lon"], row["lat"]],
            }
        )
    return found


def post(row: Any, texts: Texts) -> str:
    """The post it waits for, or that took it on; a community's posts with its name."""
    community = row["community_en"] if texts.language == "en" and row["community_en"] else row["community"]
    if row["status"] == "acknowledged" and row["acknowledged_by"]:
        return str(row["acknowledged_by"])
    of_community = row["holder"] in ("grid_worker", "grid_leader", "community") and community
    name = texts(f"alerts.post.{row['holder']}")
    return texts("wall.alert.post_of", community=community, post=name) if of_community else name


def steps(row: Any, events: Sequence[Any], texts: Texts) -> list[dict[str, Any]]:
    """What happened, oldest first: the window's begin, then at most five events; what changed only counts is left out.

    What must happen next closes the row when something is due.
    """
    due = next_due(row)
    told = [event for event in events if event["change"] in STEPS_SHOWN][-(4 if due else 5) :]
    last_grade = max((place for place, event in enumerate(told) if event["change"] in ("raised", "level")), default=-1)
    return [
        {
            "at": (row["first_at"] or row["raised_at"]).timestamp(),
            "label": texts("wall.step.first"),
            "mine": False,
            "due": False,
        },
        *(
            {
                "at": event["at"].timestamp(),
                "label": step_label(event, texts),
                "mine": place == last_grade,
                "due": False,
            }
            for place, event in enumerate(told)
        ),
        *(
            [{"at": due.timestamp(), "label": texts(f"wall.step.due.{row['status']}"), "mine": False, "due": True}]
            if due
            else []
        ),
    ]


def next_due(row: Any) -> datetime | None:
    """By when something must follow an acknowledgement, or the alert be taken on before the next post is asked."""
    if row["status"] == "acknowledged":
        due: datetime | None = row["due_at"]
        return due
    response = shipped_response()
    if row["silenced_by"] is not None or row["exercise"] or response.next_post(row["holder"]) is None:
        return None
    held_by_at: datetime = row["held_by_at"]
    return held_by_at + response.wait(row["level"])


def step_label(event: Any, texts: Texts) -> str:
    """A word or two for one step: 橙色 when raised, 升橙 when it became graver, 到场 when somebody followed."""
    level = texts(f"alerts.level.{event['level']}")
    if event["change"] == "raised":
        return texts("wall.step.raised", level=level)
    if event["change"] == "level":
        risen = event["level"] < event["detail"].get("from", 5)
        return texts("wall.step.risen" if risen else "wall.step.fallen", level=level)
    if event["change"] == "followed":
        return texts(f"wall.step.followed.{event['detail']['what']}")
    return texts(f"wall.step.{event['change']}")
