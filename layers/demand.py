"""Service demand per cell: requests of the last 30 days against the residents who may ask, per topic of items."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, literal, or_, select, true

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.database.tables import resident
from gis.district import District
from layers.demand_rate import Prior, demand_per_1000, estimate_prior
from layers.measures import ALL_TOPICS, DEMAND_DAYS, Eligibility
from layers.merge import UNDER, WHOLE, merge_rows, under_parents, with_region
from layers.perturbation import publish_counts, rate_counts
from layers.tables import demand, demand_prior, demand_published, unit_demand_published

STATEMENTS = load_statements("layers", "demand")
SEED = load_statements("layers", "population")["seed"]

OWNERS = ["community_code", "work_grid_id"]
COUNTS = ["requests", "requests_key", "eligible", "eligible_key"]


def first_day(now: datetime, district: District) -> date:
    """Return the first local day of the window: today and the 29 days before it."""
    return now.astimezone(district.zone).date() - timedelta(days=DEMAND_DAYS - 1)


def refresh_demand(
    connection: Connection, district: District, *, now: datetime, cells: h3_cells.Cells | None = None
) -> int:
    """Bring the demand facts up to date; returns how many published rows changed.

    Parameters
    ----------
    connection
        The owner's, in a transaction.
    now
        End of the window.
    cells
        Cells of resolution 11 whose requests or residents changed; None counts everything and sets anew what rates
        are drawn to.
    """
    code = district.code
    finest = count_demand(connection, district, now=now, cells=cells)
    merge_rows(
        connection,
        demand,
        finest,
        scope="kept.subdistrict_code = :code AND kept.resolution = 11"
        " AND (CAST(:cells AS bigint[]) IS NULL OR kept.cell = ANY (CAST(:cells AS bigint[])))",
        parameters={"code": code, "cells": None if cells is None else cells.tolist()},
    )
    result = connection.execute(STATEMENTS["finest_demand"], {"code": code})
    everywhere = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    under = None if cells is None else np.unique(h3_cells.parents(cells, 9))
    finest = everywhere[under_parents(everywhere["cell"], under)]
    parameters = {"code": code, "under": None if under is None else under.tolist()}
    coarser = pd.concat([summed(finest, resolution) for resolution in (9, 10)], ignore_index=True)
    guarded = guarded_cells(pd.concat([coarser, finest], ignore_index=True))
    priors = write_priors(connection, guarded, code) if cells is None else select_priors(connection, code)
    published = rated_cells(guarded, priors)
    changed = merge_rows(connection, demand_published, published, scope=UNDER, parameters=parameters)
    units = published_units(everywhere, code)
    return changed + merge_rows(connection, unit_demand_published, units, scope=WHOLE, parameters={"code": code})


def count_demand(
    connection: Connection, district: District, *, now: datetime, cells: h3_cells.Cells | None
) -> pd.DataFrame:
    """Count requests and eligible residents at resolution 11; all columns of topic.demand."""
    seed = connection.scalar(SEED)
    key = ["cell", *OWNERS, "topic"]
    window_from = datetime.combine(first_day(now, district), clock_time(), district.zone)
    result = connection.execute(
        STATEMENTS["requests_in_window"],
        {
            "code": district.code,
            "seed": seed,
            "now": now,
            "window_from": window_from,
            "cells": None if cells is None else cells.tolist(),
        },
    )
    requests = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    requests["requests_key"] = requests["requests_key"].astype("int64")
    asked = pd.concat([requests[requests["topic"] != ""], requests.assign(topic=ALL_TOPICS)])
    asked = asked.groupby(key)[["requests", "requests_key"]].sum()
    items = [
        (row.topic, Eligibility.from_json(row.eligibility))
        for row in connection.execute(STATEMENTS["items"], {"code": district.code})
    ]
    may_ask = count_eligible(connection, district, items, now=now, seed=seed, cells=cells).set_index(key)
    facts = may_ask.join(asked, how="outer").reindex(columns=COUNTS).fillna(0).astype("int64")
    facts = facts[(facts["requests"] > 0) | (facts["eligible"] > 0)].reset_index()
    return with_region(facts.assign(subdistrict_code=district.code, resolution=11))


def count_eligible(
    connection: Connection,
    district: District,
    items: Sequence[tuple[str, Eligibility]],
    *,
    now: datetime,
    seed: int,
    cells: h3_cells.Cells | None,
) -> pd.DataFrame:
    """Count, per topic, the residents for whom at least one of its items exists.

    Returns
    -------
    eligible
        One row per cell of resolution 11, owner and topic: `cell`, `community_code`, `work_grid_id`, `topic`,
        `eligible` [persons], `eligible_key`.
    """
    rules: dict[str, list[Eligibility]] = defaultdict(list)
    for topic, rule in items:
        rules[topic].append(rule)
        rules[ALL_TOPICS].append(rule)
    # a sub-district that has delivered no items yet: everybody may ask for something
    rules = rules or {ALL_TOPICS: [Eligibility()]}
    today = now.astimezone(district.zone).date()
    record_key = func.hashint8extended(resident.c.id, cast(literal(seed), BigInteger)).op("&")(
        literal(4294967295, BigInteger)
    )
    owners = [
        resident.c.cell,
        func.coalesce(resident.c.community_code, "").label("community_code"),
        func.coalesce(resident.c.work_grid_id, 0).label("work_grid_id"),
    ]
    topics = list(rules)
    counts: list[ColumnElement[Any]] = []
    for number, topic in enumerate(topics):
        allowed = any_rule(rules[topic], today)
        counts.append(func.count().filter(allowed).label(f"eligible_{number}"))
        counts.append(func.coalesce(func.sum(record_key).filter(allowed), 0).label(f"key_{number}"))
    statement = (
        select(*owners, *counts)
        .where(resident.c.subdistrict_code == district.code, resident.c.placement == "placed", resident.c.alive)
        .where(or_(resident.c.valid_to.is_(None), resident.c.valid_to > now))
        .group_by(*owners)
    )
    if cells is not None:
        statement = statement.where(resident.c.cell == func.any(cells.tolist()))
    result = connection.execute(statement)
    wide = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    parts = [
        wide[["cell", *OWNERS]].assign(
            topic=topic,
            eligible=wide[f"eligible_{number}"].astype("int64"),
            eligible_key=wide[f"key_{number}"].astype("int64"),
        )
        for number, topic in enumerate(topics)
    ]
    return pd.concat(parts, ignore_index=True)


def any_rule(rules: Sequence[Eligibility], today: date) -> ColumnElement[bool]:
    """Say in SQL that a resident may ask for at least one item."""
    if any(rule.everybody for rule in rules):
        return true()
    return or_(*[one_rule(rule, today) for rule in dict.fromkeys(rules)])


def one_rule(rule: Eligibility, today: date) -> ColumnElement[bool]:
    age_years = func.date_part("year", func.age(literal(today), resident.c.birth_date))
    parts: list[ColumnElement[bool]] = []
    if rule.min_age is not None:
        parts.append(age_years >= rule.min_age)
    if rule.max_age is not None:
        parts.append(age_years <= rule.max_age)
    if rule.registration:
        parts.append(resident.c.registration == rule.registration)
    if rule.sex:
        parts.append(resident.c.sex == rule.sex)
    if rule.groups:
        parts.append(resident.c.groups.overlap(list(rule.groups)))
    return and_(*parts)


def summed(finest: pd.DataFrame, resolution: int) -> pd.DataFrame:
    """Sum exact facts of resolution 11 to a coarser one, by index; owners and topics stay apart."""
    parent = h3_cells.parents(finest["cell"].to_numpy(dtype=np.int64), resolution)
    key = ["region", "subdistrict_code", "cell", "resolution", *OWNERS, "topic"]
    return finest.assign(cell=parent, resolution=resolution).groupby(key, as_index=False)[COUNTS].sum()


def guarded_cells(facts: pd.DataFrame) -> pd.DataFrame:
    """Perturb requests and eligible residents per cell and topic, for the rate and for show.

    Returns
    -------
    guarded
        Per `region`, `subdistrict_code`, `cell`, `resolution`, `topic`: `requests`, `eligible` (published counts),
        `rate_requests`, `rate_eligible` (for the rate), `suppressed`.
    """
    key = ["region", "subdistrict_code", "cell", "resolution", "topic"]
    return guarded(facts.groupby(key)[COUNTS].sum()).reset_index()


def guarded(sums: pd.DataFrame) -> pd.DataFrame:
    eligible = publish_counts(sums["eligible"], sums["eligible_key"])
    return pd.DataFrame(
        {
            "requests": publish_counts(sums["requests"], sums["requests_key"]),
            "eligible": eligible,
            "rate_requests": rate_counts(sums["requests"], sums["requests_key"]),
            "rate_eligible": eligible.fillna(0),
            "suppressed": eligible.isna(),
        }
    )


def by_topic(guarded: pd.DataFrame) -> Iterator[tuple[tuple[int, str], pd.DataFrame]]:
    """Yield the cells of each resolution and topic."""
    for key, cells in guarded.groupby(["resolution", "topic"]):
        resolution, topic = key if isinstance(key, tuple) else (key, "")
        yield (int(str(resolution)), str(topic)), cells


def write_priors(connection: Connection, guarded: pd.DataFrame, code: str) -> dict[tuple[int, str], Prior]:
    """Estimate what the rates of each topic are drawn to, keep it for the day, and return it."""
    priors = {
        key: estimate_prior(cells["rate_requests"], cells["rate_eligible"])
        for key, cells in by_topic(guarded[~guarded["suppressed"]])
    }
    rows = pd.DataFrame(
        [(code, resolution, topic, prior.mean, prior.variance) for (resolution, topic), prior in priors.items()],
        columns=["subdistrict_code", "resolution", "topic", "mean", "variance"],
    )
    merge_rows(connection, demand_prior, rows, scope=WHOLE, parameters={"code": code})
    return priors


def select_priors(connection: Connection, code: str) -> dict[tuple[int, str], Prior]:
    rows = connection.execute(STATEMENTS["priors"], {"code": code})
    return {(row.resolution, row.topic): Prior(row.mean, row.variance) for row in rows}


def rated_cells(guarded: pd.DataFrame, priors: dict[tuple[int, str], Prior]) -> pd.DataFrame:
    """Rate each cell's guarded counts; all columns of topic.demand_published."""
    rates = pd.Series(np.nan, index=guarded.index)
    for key, cells in by_topic(guarded):
        rates.loc[cells.index] = demand_per_1000(cells["rate_requests"], cells["rate_eligible"], prior=priors.get(key))
    return guarded.assign(per_1000=rates.round(3).mask(guarded["suppressed"])).drop(
        columns=["rate_requests", "rate_eligible"]
    )


def published_units(finest: pd.DataFrame, code: str) -> pd.DataFrame:
    """Perturb the counts per sub-district, community and work grid, with plain rates."""
    units = [
        finest.assign(unit_kind=kind, unit_code=owner.astype(str))[known]
        for kind, owner, known in (
            ("subdistrict", finest["subdistrict_code"], finest["subdistrict_code"] != ""),
            ("community", finest["community_code"], finest["community_code"] != ""),
            ("work_grid", finest["work_grid_id"], finest["work_grid_id"] != 0),
        )
    ]
    sums = guarded(pd.concat(units).groupby(["unit_kind", "unit_code", "topic"])[COUNTS].sum())
    may_ask = sums["rate_eligible"].astype("float64")
    rate = 1000.0 * sums["rate_requests"].astype("float64") / may_ask.where(may_ask > 0)
    return sums[["requests", "eligible"]].assign(per_1000=rate.round(3), subdistrict_code=code).reset_index()


def changed_cells(connection: Connection, district: District, *, batch_id: int) -> h3_cells.Cells:
    """Return the cells of resolution 11 whose requests a batch changed, former places included."""
    rows = connection.scalars(STATEMENTS["cells_of_batch"], {"code": district.code, "batch_id": batch_id}).all()
    return np.array(rows, dtype=np.int64)


def cells_of_request(connection: Connection, request_id: int) -> h3_cells.Cells:
    """Return the cells of resolution 11 one request lies in and ever lay in."""
    return np.array(connection.scalars(STATEMENTS["cells_of_request"], {"id": request_id}).all(), dtype=np.int64)
