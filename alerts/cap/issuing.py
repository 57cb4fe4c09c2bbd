"""Our alerts as CAP: each step others are told of is a message, with the earlier ones as its references.

A message is made from the alert's row and its steps whenever it is asked for; the same step gives the same identifier,
time, level and cells. What only changes the screen (a fallen back acknowledgement, a silence) is no message.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import shapely
from shapely.geometry import shape
from sqlalchemy import Connection

from alerts.cap.message import Area, CapMessage, Info, Reference, Ring
from alerts.grading import shipped_level_rule
from alerts.response import shipped_response
from alerts.words import method_words, rule_title, window_words
from gis.cells import polygons
from gis.database.statements import load_statements
from gis.errors import NotFound
from gis.texts import Texts, texts_in

SQL = load_statements("alerts", "cap")

#: CAP's categories of what shipped rules find; anything else is Other
CATEGORIES = {
    "dispute_surge": "Security",
    "safety_surge": "Safety",
    "grave_incident": "Safety",
    "incident_surge_cell": "Safety",
    "feed_silent": "Infra",
}
#: name of the 12-digit statistical codes of geocodes
GEOCODE = "CN-STATS-12"
#: languages of the info blocks, and which texts they are in
LANGUAGES = (("zh-CN", "zh"), ("en-US", "en"))
#: ended alerts stay in the feed so long
KEPT = timedelta(hours=24)
MOST_ENTRIES = 200


def sender_of(subdistrict_code: str) -> str:
    """Who we are for others: no blank, no comma, as CAP asks."""
    return f"urn:fengqiao:{subdistrict_code}"


def identifier_of(alert_id: int, event_id: int) -> str:
    """What a message is called."""
    return f"{alert_id}.{event_id}"


def newest_messages(
    connection: Connection, *, subdistrict_code: str, now: datetime, exercise: bool = False
) -> list[CapMessage]:
    """The newest message of every alert that stands or ended within a day, newest first; drills apart."""
    asked = {"subdistrict_code": subdistrict_code, "exercise": exercise, "since": now - KEPT, "limit": MOST_ENTRIES}
    ids = list(connection.execute(SQL["issued_alerts"], asked).scalars())
    by_alert = messages(connection, ids, subdistrict_code=subdistrict_code)
    return sorted((every[-1] for every in by_alert.values()), key=lambda message: message.sent, reverse=True)


def find_message(connection: Connection, identifier: str, *, subdistrict_code: str) -> CapMessage:
    """One message by its identifier.

    Raises
    ------
    NotFound
        If there is none.
    """
    alert_id = identifier.partition(".")[0]
    if alert_id.isdecimal() and len(alert_id) < 18:
        for every in messages(connection, [int(alert_id)], subdistrict_code=subdistrict_code).values():
            for message in every:
                if message.identifier == identifier:
                    return message
    raise NotFound("there is no message {identifier}", identifier=identifier)


def messages(connection: Connection, alert_ids: Sequence[int], *, subdistrict_code: str) -> dict[int, list[CapMessage]]:
    """Every message about some alerts, by alert, oldest first."""
    asked = {"ids": list(alert_ids), "subdistrict_code": subdistrict_code}
    alerts = {row["id"]: dict(row) for row in connection.execute(SQL["cap_alerts"], asked).mappings()}
    events: dict[int, list[Mapping[str, Any]]] = {}
    for event in connection.execute(SQL["cap_events"], asked).mappings():
        events.setdefault(event["alert_id"], []).append(dict(event))
    return {alert_id: messages_of(alerts[alert_id], steps) for alert_id, steps in events.items() if alert_id in alerts}


def messages_of(alert: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> list[CapMessage]:
    """The messages about one alert: Alert, then Updates, then a Cancel."""
    sender = sender_of(alert["subdistrict_code"])
    made: list[CapMessage] = []
    cells: list[int] = list(alert["cells"])
    references: list[Reference] = []
    for event in events:
        cells = event["cells"] if event["cells"] is not None else cells
        kind = "Cancel" if event["change"] == "cleared" else "Update" if references else "Alert"
        identifier = identifier_of(alert["id"], event["id"])
        made.append(
            CapMessage(
                identifier=identifier,
                sender=sender,
                sent=event["at"],
                status="Exercise" if alert["exercise"] else "Actual",
                msg_type=kind,
                scope="Restricted",
                restriction=texts_in("zh")("alerts.cap.restriction"),
                note=alert["drill"] or "",
                references=tuple(references),
                infos=tuple(
                    info_of(alert, event, cells, language, texts_in(texts), cancelled=kind == "Cancel")
                    for language, texts in LANGUAGES
                ),
            )
        )
        references.append(Reference(sender, identifier, event["at"]))
    return made


def info_of(
    alert: Mapping[str, Any],
    event: Mapping[str, Any],
    cells: Sequence[int],
    language: str,
    texts: Texts,
    *,
    cancelled: bool,
) -> Info:
    """What is said in one language."""
    level, grading = event["level"], alert["grading"]
    what, where = rule_title(alert["rule"], alert["rule_name"], texts), where_of(alert, texts)
    level_word = texts(f"alerts.level.{level}")
    return Info(
        language=language,
        category=(CATEGORIES.get(alert["rule"], "Other"),),
        event=what,
        urgency="Past" if cancelled else grading.get("urgency", "Unknown"),
        severity=shipped_level_rule().severity[level],
        certainty=grading.get("certainty", "Unknown"),
        effective=event["at"],
        onset=min(alert["window_from"], event["at"]),
        expires=event["at"] if cancelled else event["at"] + timedelta(hours=shipped_response().expire_after_h),
        sender_name=texts("alerts.cap.sender"),
        headline=texts(
            "alerts.cap.cancelled" if cancelled else "alerts.notify.title", level=level_word, what=what, where=where
        ),
        description=description_of(alert, event, texts),
        event_codes=(("fengqiao:rule", alert["rule"]),),
        parameters=(("level", str(level)), ("level_word", level_word)),
        areas=(area_of(alert, cells, where),),
    )


def description_of(alert: Mapping[str, Any], event: Mapping[str, Any], texts: Texts) -> str:
    """How much against what was expected, of what kinds, how many people live there, how it was found."""
    window = window_words(alert["window_from"], alert["window_to"], texts)
    # why it is over comes first: a shape that became part of its neighbour's is no all-clear
    parts = [texts(f"alerts.ended.{event['detail']['ended_by']}")] if "ended_by" in event["detail"] else []
    if alert["unit_kind"] == "feed":
        parts.append(texts("alerts.cap.silent", window=window))
    elif alert["expected"] is None or alert["expected_high"] is None:
        parts.append(texts("alerts.cap.counted", window=window, n=f"{event['observed']:.0f}"))
    else:
        interval = {"low": f"{alert['expected_low'] or 0:g}", "high": f"{alert['expected_high']:g}"}
        number = f"{event['observed']:.0f}"
        expected = f"{alert['expected']:.1f}"
        parts.append(texts("alerts.cap.compared", window=window, n=number, expected=expected, **interval))
    kinds = " · ".join(f"{one['name']} {one['count']}" for one in alert["reasons"])
    if kinds:
        parts.append(texts("alerts.cap.kinds", kinds=kinds))
    if alert["exposure"]:
        persons = alert["exposure"].get("persons")
        parts.append(
            texts("alerts.cap.few_people") if persons is None else texts("alerts.cap.people", n=f"{persons:,}")
        )
    parts.append(method_words(alert["method"], texts, compared=alert["expected"] is not None))
    return texts("alerts.cap.stop").join(parts) + texts("alerts.cap.end")


def where_of(alert: Mapping[str, Any], texts: Texts) -> str:
    """Community and place, each once."""
    community = alert["community_en"] if texts.language == "en" and alert["community_en"] else alert["community"]
    parts = [community] if alert["unit_kind"] == "community" else [community, alert["unit_name"]]
    return " ".join(part for part in parts if part) or texts("alerts.whole")


def area_of(alert: Mapping[str, Any], cells: Sequence[int], where: str) -> Area:
    """The outer lines of the cells and the codes of the communities they lie in; a feed concerns the whole street."""
    codes = alert["communities"] or ([alert["community_code"]] if alert["community_code"] else [])
    whole = alert["subdistrict_code"].ljust(12, "0")
    return Area(
        description=where,
        polygons=tuple(json_rings(alert["shape"]) if alert["shape"] else outlines(cells)),
        geocodes=tuple((GEOCODE, code) for code in (codes or [whole])),
    )


def outlines(cells: Sequence[int]) -> list[Ring]:
    """The outer lines of cells; holes are filled, since a CAP polygon has none."""
    if not cells:
        return []
    return outer_rings(shapely.union_all(polygons(list(cells)), grid_size=1e-9))


def json_rings(text: str) -> list[Ring]:
    return outer_rings(shape(json.loads(text)))


def outer_rings(area: Any) -> list[Ring]:
    parts = area.geoms if area.geom_type == "MultiPolygon" else [area]
    return [tuple((round(x, 6), round(y, 6)) for x, y in part.exterior.coords) for part in parts]
