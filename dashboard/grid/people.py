"""The people on my ground by group, without names, and what I reported and did."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dashboard.grid.asker import Asker
from dashboard.grid.tasks import place_text
from gis.errors import BadInput

#: group -> who is in it, of (age, groups); ages are computed, the rest is as registered
GROUPS: dict[str, Callable[[int, list[str]], bool]] = {
    "living_alone": lambda age, groups: "living_alone" in groups,
    "aged_80": lambda age, groups: age >= 80,
    "disabled": lambda age, groups: "disabled" in groups,
    "low_income": lambda age, groups: "low_income" in groups,
    "pregnant": lambda age, groups: "pregnant" in groups,
    "chronic_illness": lambda age, groups: "chronic_illness" in groups,
    "aged_60": lambda age, groups: age >= 60,
    "minors": lambda age, groups: age < 18,
}
#: records shown from so long back
RECORDS_BACK = timedelta(days=30)


def people_of(asker: Asker) -> dict[str, Any]:
    """How many persons of each group live on my ground; they are mine to look after, so the counts are exact."""
    persons = asker.rows("persons")
    return {
        "groups": [{"group": group, "count": sum(belongs(row, group) for row in persons)} for group in GROUPS],
        "total": len(persons),
        "registered": sum(row.registration == "registered" for row in persons),
        "migrant": sum(row.registration == "migrant" for row in persons),
        "now": asker.now.isoformat(),
    }


def group_of(asker: Asker, group: str) -> dict[str, Any]:
    """The persons of one group: where, how old, which groups; no names until one is opened."""
    if group not in GROUPS:
        raise BadInput("no group {group!r}; there are {known}", group=group, known=GROUPS)
    return {
        "group": group,
        "persons": [
            {"id": row.id, "place": place_text(asker, row, ""), "age": row.age, "groups": list(row.groups)}
            for row in asker.rows("persons")
            if belongs(row, group)
        ],
        "now": asker.now.isoformat(),
    }


def belongs(row: Any, group: str) -> bool:
    """Whether a person belongs to a group; an unknown age belongs to no group of ages."""
    age = row.age if row.age is not None else 30
    return GROUPS[group](age, row.groups or [])


def records_of(asker: Asker) -> dict[str, Any]:
    """What I reported and what I did in the last thirty days, newest first."""
    since = asker.now - RECORDS_BACK
    reported = [
        {
            "key": f"reported-{row.id}",
            "kind": "reported",
            "id": row.id,
            "source_key": row.source_key,
            "title": row.subcategory or row.category,
            "place": place_text(asker, row, row.address),
            "status": row.status,
            "placement": row.placement,
            "grid": row.work_grid_name,
            "at": row.at,
        }
        for row in asker.rows("reported", since=since)
    ]
    handled = [
        {
            "key": f"step-{row.id}",
            "kind": "step",
            "subject": row.subject,
            "id": row.subject_id,
            "step": row.step,
            "title": row.kind or row.title,
            "note": row.note,
            "at": row.at,
        }
        for row in asker.rows("handled", since=since)
    ]
    return {
        "records": sorted(reported + handled, key=lambda record: record["at"], reverse=True),
        "now": asker.now.isoformat(),
    }
