"""Score the places of a sub-district, keep the model's report, and lay the most probable ones before a person.

A candidate is seen by those who decide; only what somebody has confirmed, with a reason, is published (as a layer and
to the risk rules), and for a month. Places with fewer than `LEAST_HOMES` lived-in dwellings are not scored: a score is
never about a household.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import structlog
from sqlalchemy import Connection

from alerts.detection import start_of
from alerts.history import local_day
from alerts.judge import SQL as JUDGE_SQL
from alerts.risk.backtest import fit_months, history_of, report
from alerts.risk.factors import COUNTED, FACTORS, Places, factors, marked
from alerts.risk.model import METHOD_VERSION, Model
from gis.cells import from_hex
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.documents import parse_yaml
from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from gis.sentences import Sentence
from layers.measures import SENSITIVE_SUBCATEGORIES

SQL = load_statements("alerts", "risk")
logger = structlog.get_logger("fengqiao.risk")

#: how a sentence calls where a risk point stands
STANDS = {"confirmed": Sentence("confirmed"), "rejected": Sentence("rejected")}
#: who may confirm and reject; the database holds the same
DECIDERS = frozenset({"commander", "operator"})
LEAST_HOMES = 10
#: how long a candidate waits and a decision holds
CANDIDATE_HOLDS, DECISION_HOLDS = timedelta(days=7), timedelta(days=30)
#: candidates laid before a person at once, and how much more probable than the mean place they must be
MOST_CANDIDATES, TIMES_BASE = 12, 1.5
UNIT_KINDS = ("compound", "cell")


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, list[str]]]:
    """Which records speak for what (kinds.yml)."""
    stated = parse_yaml(files("alerts.risk").joinpath("kinds.yml").read_text(encoding="utf-8"))
    return {str(name): dict(fields) for name, fields in stated.items()}


def score_places(database: Database, *, now: datetime) -> dict[str, int]:
    """Fit, back-test and score every kind of place; for the nightly job. Returns candidates by kind of place."""
    candidates = {}
    for unit_kind in UNIT_KINDS:
        with database.owner.begin() as connection:
            try:
                district = select_district(connection)
            except NotFound:
                return {}
            candidates[unit_kind] = score_kind(connection, district, unit_kind, now=now)
    with database.owner.begin() as connection:
        connection.execute(SQL["tell_risk"])
    logger.info("risk_scored", **candidates)
    return candidates


def score_kind(connection: Connection, district: District, unit_kind: str, *, now: datetime) -> int:
    """Score one kind of place; returns the number of candidates. Without enough history nothing is scored."""
    asked = {"subdistrict_code": district.code, "unit_kind": unit_kind}
    since = connection.scalar(SQL["known_since"], asked)
    if since is None:
        return 0
    places = select_places(connection, district, unit_kind)
    records = select_records(connection, district, places, unit_kind, now=now)
    today = local_day(now, district.zone)
    history = history_of(records, places, first_day=local_day(since, district.zone), last_day=today - 1)
    model = fit_months(history, slice(0, None))
    if model is None:
        connection.execute(SQL["pass_candidates"], asked | {"codes": []})
        return 0
    told = report(history, places) or {}
    told |= {"weights": dict(zip(FACTORS, model.weights.tolist(), strict=True)), "places": len(places.codes)}
    stored = json.dumps(told, ensure_ascii=False, allow_nan=False)
    connection.execute(SQL["store_model"], asked | {"now": now, "version": METHOD_VERSION, "report": stored})
    measured = factors(records, places, day=today)
    return lay_before(connection, district, unit_kind, places, model, measured, now=now)


def select_places(connection: Connection, district: District, unit_kind: str) -> Places:
    """The places of a kind that are large enough to be scored."""
    rows = connection.execute(
        SQL[f"risk_{unit_kind}s"], {"subdistrict_code": district.code, "least_homes": LEAST_HOMES}
    ).all()
    return Places(
        codes=tuple(row.code for row in rows),
        kinds=tuple(row.kind for row in rows),
        homes=np.array([row.homes for row in rows], dtype=np.float64),
        vacancy=np.array([row.vacancy for row in rows], dtype=np.float64),
    )


def select_records(
    connection: Connection, district: District, places: Places, unit_kind: str, *, now: datetime
) -> pd.DataFrame:
    """What speaks for a risk, up to now, with the flags of `alerts.risk.factors.COUNTED`."""
    wanted = {
        field: sorted({name for fields in kinds().values() for name in fields.get(field, ())})
        for field in ("subcategory", "topic", "channel")
    }
    rows = connection.execute(
        SQL["risk_records"],
        {
            "subdistrict_code": district.code,
            "timezone": str(district.zone),
            "now": now,
            "since": now - timedelta(days=365 * 4),
            "sensitive": list(SENSITIVE_SUBCATEGORIES),
            **wanted,
        },
    )
    records = pd.DataFrame(rows.all(), columns=list(rows.keys())).astype({"day": "int64"})
    for flag, fields in kinds().items():
        records[flag] = np.logical_or.reduce([records[field].isin(names) for field, names in fields.items()])
    # what escalates is a dispute; another record of grade major is not
    records["escalated"] &= records["dispute"] | records["property"] | records["wages"]
    records["place"] = places.position(records[unit_kind])
    return marked(records.assign(near=records["cell"]))


def lay_before(
    connection: Connection,
    district: District,
    unit_kind: str,
    places: Places,
    model: Model,
    measured: np.ndarray,
    *,
    now: datetime,
) -> int:
    """Make the most probable places candidates, unless a decision on them still holds."""
    asked = {"subdistrict_code": district.code, "unit_kind": unit_kind}
    probability, parts = model.probability(measured), model.parts(measured)
    base_rate = float(probability.mean())
    decided = {row.unit_code for row in connection.execute(SQL["decided_units"], asked | {"now": now})}
    chosen = [
        place
        for place in np.argsort(-probability, kind="stable").tolist()
        if probability[place] >= TIMES_BASE * base_rate and places.codes[place] not in decided
    ][:MOST_CANDIDATES]
    connection.execute(SQL["pass_candidates"], asked | {"codes": [places.codes[place] for place in chosen]})
    described = describe(connection, district, unit_kind, [places.codes[place] for place in chosen])
    for place in chosen:
        code = places.codes[place]
        connection.execute(
            SQL["store_candidate"],
            {
                **asked,
                **described[code],
                "unit_code": code,
                "probability": float(probability[place]),
                "base_rate": base_rate,
                "contributions": json.dumps(contributions(measured, parts, place)),
                "version": METHOD_VERSION,
                "window_from": start_of(local_day(now, district.zone) - 30, district.zone),
                "now": now,
                "valid_to": now + CANDIDATE_HOLDS,
            },
        )
    return len(chosen)


def contributions(measured: np.ndarray, parts: np.ndarray, place: int) -> list[dict[str, Any]]:
    """What each factor says of a place, strongest first: its value, that of the mean place, what it multiplies by."""
    told = []
    for column, name in enumerate(FACTORS):
        raw = np.expm1(measured[:, column]) if name in COUNTED or name == "homes" else measured[:, column]
        told.append(
            {
                "name": name,
                "value": round(float(raw[place]), 3),
                "mean": round(float(raw.mean()), 3),
                "points": round(float(parts[place, column]), 4),
            }
        )
    return sorted(told, key=lambda one: -abs(float(one["points"])))


def describe(connection: Connection, district: District, unit_kind: str, codes: list[str]) -> dict[str, dict[str, Any]]:
    """Name, community, cells and outline of places by their code."""
    if not codes:
        return {}
    asked: dict[str, Any] = {"subdistrict_code": district.code}
    if unit_kind == "compound":
        rows = connection.execute(JUDGE_SQL["describe_compounds"], asked | {"codes": [int(code) for code in codes]})
        found = {row.unit_code: row for row in rows}
    else:
        cells = from_hex(codes).tolist()
        rows = connection.execute(
            JUDGE_SQL["describe_cells"], asked | {"places": list(range(len(cells))), "cells": cells}
        )
        found = {codes[row.place]: row for row in rows}
    return {
        code: {
            "unit_name": row.unit_name or code,
            "community_code": row.community_code,
            "cells": list(row.cells),
            "geom": row.geom,
        }
        for code, row in found.items()
    }


@dataclass(frozen=True)
class Decision:
    """What a person says of a risk point."""

    point_id: int
    confirmed: bool
    reason: str


def decide(connection: Connection, decision: Decision, *, role: str, by: str, now: datetime) -> None:
    """Confirm a candidate, reject it, or take a confirmed point back.

    Raises
    ------
    NotAllowed
        If the role may not decide.
    BadInput
        If no reason is given.
    NotFound, Conflict
        If there is no such point, or it is not waiting.
    """
    if role not in DECIDERS:
        raise NotAllowed("the role {role} may not decide on risk points", role=role)
    if not decision.reason.strip():
        raise BadInput("say why; the reason stays with the decision")
    changed = connection.scalar(
        SQL["decide"],
        {
            "id": decision.point_id,
            "status": "confirmed" if decision.confirmed else "rejected",
            "reason": decision.reason.strip(),
            "by": by,
            "now": now,
            "valid_to": now + DECISION_HOLDS,
        },
    )
    if changed is None:
        status = connection.scalar(SQL["point_status"], {"id": decision.point_id})
        if status is None:
            raise NotFound("there is no risk point {point_id}", point_id=decision.point_id)
        raise Conflict(
            "risk point {point_id} is {status} already", point_id=decision.point_id, status=STANDS.get(status, status)
        )
    connection.execute(SQL["tell_risk"])


def points(connection: Connection, *, subdistrict_code: str, now: datetime) -> list[dict[str, Any]]:
    """Candidates and decided points that hold, as far as the asker may see them, the most probable first."""
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    return [dict(row) for row in connection.execute(SQL["points"], asked).mappings()]


def newest_models(connection: Connection, *, subdistrict_code: str) -> dict[str, dict[str, Any]]:
    """The newest model of each kind of place with its back-test."""
    rows = connection.execute(SQL["newest_models"], {"subdistrict_code": subdistrict_code}).mappings()
    return {row["unit_kind"]: dict(row) for row in rows}
