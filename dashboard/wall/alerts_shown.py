"""Open alerts as a wall shows them: a row of the list, a shape on the map, and what a takeover tells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.words import rule_title
from dashboard.look import RESOURCE_SIGNS
from dashboard.wall.ground import bounds_of, rings_of
from dashboard.wall.picture import thousands
from dashboard.wall.select_ground import SQL, shape
from gis.texts import Texts
from gis.walking import DETOUR, WALKING_M_PER_MIN
from layers.measures import SENSITIVE_SUBCATEGORIES

#: alerts of these levels own the wall for a time: red and orange
TAKEOVER_LEVELS = (1, 2)
#: events that stand in a takeover's timeline
STEPS_SHOWN = frozenset({"raised", "level", "acknowledged", "followed", "fell_back", "escalated"})
#: nearest kinds of help a takeover names
HELP_SHOWN = 3


def select_alerts(
    connection: Connection, *, code: str, now: datetime, takeover_s: int, unplaced: int, texts: Texts
) -> dict[str, Any]:
    """Select the panel of open alerts, gravest first, then oldest.

    Parameters
    ----------
    takeover_s
        How long an orange or red alert owns the wall after it was raised or its level changed; only such alerts carry
        what a takeover tells, since that costs queries.
    unplaced
        Records that wait to be put on the map: some of them may belong to any alert.
    """
    rows = connection.execute(SQL["open_alerts"], {"code": code}).mappings().all()
    return {
        "title": texts("wall.alerts"),
        "scope": texts("wall.alerts.count", n=len(rows)),
        "empty": texts("wall.alerts.empty"),
        "feeds": [],
        "at": None,
        "live": True,
        "rows": [
            alert_shown(connection, row, now=now, takeover_s=takeover_s, unplaced=unplaced, texts=texts) for row in rows
        ],
    }


def alert_shown(
    connection: Connection,
    row: Any,
    *,
    now: datetime,
    takeover_s: int,
    unplaced: int,
    texts: Texts,
) -> dict[str, Any]:
    """Show one alert; posts, never names of persons."""
    polygons = rings_of(shape(row["geom"]))
    graded_at = row["graded_at"] or row["raised_at"]
    taken = row["level"] in TAKEOVER_LEVELS and polygons and (now - graded_at).total_seconds() < takeover_s
    place = row["unit_name"] or texts("alerts.whole")
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
        "place": place,
        "state": texts(f"alerts.status.{row['status']}"),
        "status": row["status"],
        "raised_at": row["raised_at"].timestamp(),
        "taken_at": graded_at.timestamp() if taken else None,
        "since": row["window_from"].timestamp(),
        "polygons": polygons,
        "bounds": bounds_of(polygons) if polygons else None,
        # a whole community is not darkened, nor does its outline crowd out labels
        "narrow": row["unit_kind"] in ("cell", "compound", "area"),
        **(takeover_facts(connection, row, now=now, unplaced=unplaced, texts=texts) if taken else NO_FACTS),
    }


NO_FACTS: dict[str, Any] = {"members": [], "buildings": [], "buildings_inside": [], "facts": None}


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
    help_near = connection.execute(SQL["alert_help"], {**asked, "now": now}).mappings().all()
    return {
        "members": [[member.lon, member.lat] for member in members],
        "buildings": [outline for outline, inside in outlines if not inside],
        "buildings_inside": [outline for outline, inside in outlines if inside],
        "facts": {
            **measured(row, texts),
            "extent": texts("wall.alert.extent", cells=row["cell_count"], hectares=f"{area_m2 / 10_000:.1f}"),
            **people(row["exposure"], texts),
            "help": helpers(help_near, texts),
            "post": post(row, texts),
            "steps": steps(row, events, texts),
            "members": texts("wall.alert.members", n=row["member_count"]),
            "unplaced": texts("wall.alert.unplaced", n=thousands(unplaced)),
        },
    }


def measured(row: Any, texts: Texts) -> dict[str, Any]:
    """How much against what was expected, with its interval, and the commonest kinds."""
    unit, observed, expected = texts("wall.unit.cases"), row["observed"], row["expected"]
    hours = round((row["window_to"] - row["window_from"]).total_seconds() / 3600)
    told = expected is not None and row["expected_high"] is not None and expected > 0
    method = row["method"].split(" ")[0].split("/")[0]
    reasons = [texts("wall.reason", name=one["name"], n=one["count"]) for one in row["reasons"][:3]]
    return {
        "observed": thousands(observed),
        "expected": texts("wall.alert.expected", unit=unit, expected=f"{expected:.1f}")
        if told
        else texts("wall.alert.no_expected", unit=unit),
        "times": texts("wall.alert.times", n=f"{observed / expected:.1f}") if told else "",
        "gauge": {
            "observed": observed,
            "expected": expected,
            "low": row["expected_low"] or 0.0,
            "high": row["expected_high"],
            "unit": texts("wall.alert.per_window", hours=hours),
        }
        if told
        else None,
        "reasons": " · ".join(reasons),
        "method": texts(
            "wall.alert.method" if told else "wall.alert.method_plain",
            method=texts(f"alerts.method.{method}") if f"alerts.method.{method}" in texts.by_key else row["method"],
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
    if row["status"] == "acknowledged" and row["acknowledged_by"]:
        return texts("wall.alert.post_held", post=row["acknowledged_by"])
    return texts("wall.alert.post_open")


def steps(row: Any, events: Sequence[Any], texts: Texts) -> list[dict[str, Any]]:
    """What happened, oldest first: the window's begin, then at most five events; what changed only counts is left out.

    What must happen next closes the row when something is due.
    """
    told = [event for event in events if event["change"] in STEPS_SHOWN][-(4 if row["due_at"] else 5) :]
    last_grade = max((place for place, event in enumerate(told) if event["change"] in ("raised", "level")), default=-1)
    return [
        {"at": row["window_from"].timestamp(), "label": texts("wall.step.first"), "mine": False, "due": False},
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
            [{"at": row["due_at"].timestamp(), "label": texts("wall.step.due"), "mine": False, "due": True}]
            if row["due_at"]
            else []
        ),
    ]


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
