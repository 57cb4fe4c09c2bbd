"""Population per cell: exact facts from the register, and what of them is published.

Persons are counted where their building is, at resolution 11; cells at 10 and 9 are sums by index. Communities, work
grids and places take their persons from the building's own columns, never from the cell.
"""

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.district import District
from layers.measures import MEASURES, OPEN_MEASURES
from layers.merge import UNDER, WHOLE, merge_rows, under_parents, with_region
from layers.perturbation import publish_counts
from layers.tables import population, population_published, unit_population_published

STATEMENTS = load_statements("layers", "population")

OWNERS = ["community_code", "work_grid_id", "place_id"]
KEYS = [f"{name}_key" for name in MEASURES]


def refresh_population(
    connection: Connection, district: District, *, now: datetime, cells: h3_cells.Cells | None = None
) -> int:
    """Bring the population facts up to date; returns how many published rows changed.

    Parameters
    ----------
    connection
        The owner's, in a transaction.
    now
        Persons are counted as of now, ages as of its local day.
    cells
        Cells of resolution 11 whose residents changed; None counts everything.
    """
    finest = count_persons(connection, district, now=now, cells=cells)
    merge_rows(
        connection,
        population,
        finest,
        scope="kept.subdistrict_code = :code AND kept.resolution = 11"
        " AND (CAST(:cells AS bigint[]) IS NULL OR kept.cell = ANY (CAST(:cells AS bigint[])))",
        parameters={"code": district.code, "cells": None if cells is None else cells.tolist()},
    )
    return roll_up(
        connection, district, now=now, under=None if cells is None else np.unique(h3_cells.parents(cells, 9))
    )


def count_persons(
    connection: Connection, district: District, *, now: datetime, cells: h3_cells.Cells | None
) -> pd.DataFrame:
    """Count persons and households at resolution 11; all columns of topic.population."""
    seed = connection.scalar(STATEMENTS["seed"])
    parameters = {
        "code": district.code,
        "now": now,
        "today": now.astimezone(district.zone).date(),
        "seed": seed,
        "cells": None if cells is None else cells.tolist(),
    }
    key = ["cell", *OWNERS]
    persons, households = (
        pd.DataFrame([tuple(row) for row in result], columns=list(result.keys())).set_index(key)
        for result in (connection.execute(STATEMENTS[name], parameters) for name in ("person_facts", "household_facts"))
    )
    facts = persons.join(households).reindex(columns=[*MEASURES, *KEYS]).fillna(0)
    # sums of keys arrive as numeric; they fit into 64 bits for two thousand million persons
    facts = facts.astype("int64").reset_index()
    return with_region(facts.assign(subdistrict_code=district.code, resolution=11))


def roll_up(connection: Connection, district: District, *, now: datetime, under: h3_cells.Cells | None) -> int:
    """Sum the finest facts to 10, 9 and units, and publish; returns how many published rows changed."""
    code = district.code
    result = connection.execute(STATEMENTS["finest_facts"], {"code": code})
    everywhere = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    finest = everywhere[under_parents(everywhere["cell"], under)]
    parameters = {"code": code, "under": None if under is None else under.tolist()}
    coarser = pd.concat([summed(finest, resolution) for resolution in (9, 10)], ignore_index=True)
    merge_rows(connection, population, coarser, scope=f"{UNDER} AND kept.resolution < 11", parameters=parameters)
    cells = published_cells(pd.concat([coarser, finest], ignore_index=True))
    changed = merge_rows(connection, population_published, cells, scope=UNDER, parameters=parameters)
    on_file = connection.execute(STATEMENTS["persons_on_file"], {"code": code, "now": now}).mappings().one()
    units = published_units(everywhere, code, on_file=dict(on_file))
    return changed + merge_rows(connection, unit_population_published, units, scope=WHOLE, parameters={"code": code})


def summed(finest: pd.DataFrame, resolution: int) -> pd.DataFrame:
    """Sum exact facts of resolution 11 to a coarser one, by index; owners stay apart."""
    parent = h3_cells.parents(finest["cell"].to_numpy(dtype=np.int64), resolution)
    key = ["region", "subdistrict_code", "cell", "resolution", *OWNERS]
    return (
        finest.assign(cell=parent, resolution=resolution)
        .groupby(key, as_index=False)[[*MEASURES, *KEYS]]
        .sum()
    )  # fmt: skip


def published_cells(facts: pd.DataFrame) -> pd.DataFrame:
    """Perturb the counts per cell, whoever owns its buildings; all columns of topic.population_published."""
    key = ["region", "subdistrict_code", "cell", "resolution"]
    sums = facts.groupby(key)[[*MEASURES, *KEYS]].sum()
    return publish(sums).reset_index()


def published_units(finest: pd.DataFrame, code: str, *, on_file: Mapping[str, int]) -> pd.DataFrame:
    """Perturb the counts per sub-district, community, work grid and place; all columns of the units' table.

    Parameters
    ----------
    finest
        Exact facts of resolution 11.
    on_file
        Exact totals of the whole sub-district, persons without a place on the map included; published as they are:
        the office states them itself, and no part of them is published exactly.
    """
    units = [
        finest.assign(unit_kind=kind, unit_code=owner.astype(str))[known]
        for kind, owner, known in (
            ("subdistrict", finest["subdistrict_code"], finest["subdistrict_code"] != ""),
            ("community", finest["community_code"], finest["community_code"] != ""),
            ("work_grid", finest["work_grid_id"], finest["work_grid_id"] != 0),
            ("place", finest["place_id"], finest["place_id"] != 0),
        )
    ]
    sums = pd.concat(units).groupby(["unit_kind", "unit_code"])[[*MEASURES, *KEYS]].sum()
    published = publish(sums)
    for name, count in on_file.items():
        published.loc[("subdistrict", code), name] = count
    return published.reset_index().assign(subdistrict_code=code)


def publish(sums: pd.DataFrame) -> pd.DataFrame:
    """Perturb each measure that may be published by its own keys."""
    return pd.DataFrame({name: publish_counts(sums[name], sums[f"{name}_key"]) for name in OPEN_MEASURES})


def changed_cells(connection: Connection, district: District, *, batch_id: int) -> h3_cells.Cells:
    """Return the cells of resolution 11 whose residents a batch changed, former homes included."""
    rows = connection.scalars(STATEMENTS["cells_of_batch"], {"code": district.code, "batch_id": batch_id}).all()
    return np.array(rows, dtype=np.int64)


def cells_of_resident(connection: Connection, resident_id: int) -> h3_cells.Cells:
    """Return the cells of resolution 11 where one person is counted and ever was."""
    rows = connection.scalars(STATEMENTS["cells_of_resident"], {"id": resident_id}).all()
    return np.array(rows, dtype=np.int64)


def cells_of_pair(connection: Connection, pair_id: int) -> h3_cells.Cells:
    """Return the cells of resolution 11 where the persons of a decided pair of records are, or were, counted."""
    rows = connection.scalars(STATEMENTS["cells_of_pair"], {"pair_id": pair_id}).all()
    return np.array(rows, dtype=np.int64)


def cells_of_birthdays(connection: Connection, district: District, *, since: date, today: date) -> h3_cells.Cells:
    """Return the cells of resolution 11 where somebody turned 18, 60 or 80 after `since` and up to `today`."""
    rows = connection.scalars(STATEMENTS["cells_of_birthdays"], {"code": district.code, "since": since, "today": today})
    return np.array(rows.all(), dtype=np.int64)
