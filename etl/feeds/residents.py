"""Persons on file: who lives where, registered or migrant. The heaviest data in the house.

Identity numbers and telephones are sealed before anything is written. A person is placed at their building's point.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from etl.checks import age_faults, chosen, identity_faults, is_given, key_faults, matches, require
from etl.declared import declared_feed
from etl.faults import Faults, Mask
from etl.feed import Context, StoreBatch
from etl.filling import write_rows
from etl.homes import Homes
from etl.matching import match_persons
from etl.storing import array_text, binary_texts, ids
from etl.times import read_days
from gis.database.statements import load_statements
from gis.database.tables import resident
from gis.identity import SEALED_PREFIX, encrypt_numbers, hash_numbers, unseal_value
from gis.sealing_columns import seal_series

SEXES = {"男": "男", "女": "女"}
REGISTRATIONS = {"户籍": "registered", "流动": "migrant"}
#: tag in registers -> group; age groups are computed, not tagged
GROUPS = {
    "独居": "living_alone",
    "残疾": "disabled",
    "低保": "low_income",
    "孕产": "pregnant",
    "慢病": "chronic_illness",
    "矫正": "correction",
}
#: a person is somewhere in their building [m]
BUILDING_RADIUS_M = 20.0
BY_BUILDING = json.dumps({"by": "building"})

_SQL = load_statements("etl", "residents")


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check form and agreement of what is stated; seal numbers."""
    key_faults(rows, faults, pattern=context.source.key_pattern)
    require(rows, faults, "name", "registration", "compound", "building")
    sexes, unknown = chosen(rows["sex"], SEXES)
    faults.add("unknown_choice", "sex", unknown)
    registrations, unknown = chosen(rows["registration"], REGISTRATIONS)
    faults.add("unknown_choice", "registration", unknown)
    plain = rows.assign(identity=unsealed(rows["identity"], context), phone=unsealed(rows["phone"], context))
    born, since = read_days(rows["birth_date"]), read_days(rows["valid_from"])
    for column, days in (("birth_date", born), ("valid_from", since)):
        faults.add("time_form", column, days.bad_form)
        faults.add("impossible_time", column, days.impossible)
    identity_faults(plain, faults, birth=born.on)
    today = context.district.history_until or context.now.date()
    age_faults(born.on, faults, today=today)
    groups, wrong = group_texts(rows["groups"])
    faults.add("unknown_choice", "groups", wrong)
    faults.add("phone_form", "phone", is_given(plain["phone"]) & ~matches(plain["phone"], r"\+?[\d\- ]{7,20}"))
    identities = plain["identity"].str.upper().tolist()
    phones = plain["phone"].tolist()
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "name": rows["name"],
            "sex": sexes,
            "birth_date": born.on,
            "registration": registrations,
            "groups": groups,
            "identity_hash": text_series(binary_texts(hash_numbers(identities, context.keys)), rows.index),
            "identity_cipher": sealed_numbers("identity", identities, rows, context),
            "phone_cipher": sealed_numbers("phone", phones, rows, context),
            "address": seal_series(rows["address"])["redacted"],
            "valid_from": since.on.dt.tz_localize(context.district.zone),
            "household": rows["household"],
            "compound": rows["compound"],
            "building": rows["building"].str.upper(),
            "unit": rows["unit"],
            "room": rows["room"],
        }
    )


def text_series(values: object, index: pd.Index) -> "pd.Series[str]":
    return pd.Series(values, index=index, dtype="str")


def sealed_numbers(name: str, numbers: list[str], rows: pd.DataFrame, context: Context) -> "pd.Series[str]":
    owners = (f"{name}/" + rows["source_key"]).tolist()
    return text_series(binary_texts(encrypt_numbers(numbers, context.keys, of=owners)), rows.index)


def unsealed(values: "pd.Series[str]", context: Context) -> "pd.Series[str]":
    """Numbers as they are written; rows out of the quarantine bring them sealed."""
    if not values.str.startswith(SEALED_PREFIX).any():
        return values
    return values.map(lambda value: unseal_value(value, context.keys))


def group_texts(tags: "pd.Series[str]") -> tuple["pd.Series[str]", Mask]:
    """Groups as array text, worked out once per combination, and where a tag is unknown."""
    codes, unique = pd.factorize(tags)
    parts = [[part for part in re.split("[;；、]", value) if part] for value in unique]
    texts = pd.array([array_text(GROUPS.get(part, part) for part in one) for one in parts], dtype="str")
    wrong = np.array([not set(one) <= set(GROUPS) for one in parts], dtype=bool)
    return pd.Series(texts.take(codes), index=tags.index), wrong[codes]


@dataclass(frozen=True)
class Standing:
    """Where people can live, as of the batch: compounds by their written names, and the buildings under each."""

    places: Mapping[str, int]
    #: one row per building and place it is written under; whole numbers as Int64
    buildings: pd.DataFrame
    #: (place, number) -> row of `buildings`
    rows: Mapping[tuple[int, str], int]

    def row_of(self, place_id: int | None, number: str) -> int:
        """The row of a building; -1, of which nothing is known, when there is none."""
        return -1 if place_id is None else self.rows.get((place_id, number), -1)


def select_standing(connection: Connection, context: Context) -> Standing:
    """Look up compounds and buildings."""
    bound = {"code": context.district.code}
    places = {row.name: row.id for row in reversed(connection.execute(_SQL["place_names"], bound).all())}
    names = ["written_under", "number", "id", "place_id", "geom", "cell", "community_code", "work_grid_id"]
    found = pd.DataFrame([tuple(row) for row in connection.execute(_SQL["buildings"], bound)], columns=names)
    whole = dict.fromkeys(("id", "place_id", "cell", "work_grid_id"), "Int64")
    buildings = found.drop_duplicates(["written_under", "number"], ignore_index=True).astype(whole)
    keys = zip(buildings.pop("written_under").tolist(), buildings.pop("number").tolist(), strict=True)
    return Standing(places, buildings, {key: row for row, key in enumerate(keys)})


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find compound and building; the person takes the building's point, cell, community and work grid.

    A compound that is not in the register is a fault; a building that is not leaves the person unplaced, with the
    compound known.
    """
    if "standing" not in batch.memory:
        batch.memory["standing"] = select_standing(connection, context)
    standing: Standing = batch.memory["standing"]
    place_id = columns["compound"].map(standing.places)
    faults.add("unknown_compound", "compound", is_given(columns["compound"]) & place_id.isna().to_numpy())
    found = standing.buildings.reindex(building_rows(standing, columns)).set_axis(columns.index)
    known = found["id"].notna().to_numpy()
    level = np.where(is_given(columns["room"]), "room", "building")
    return columns.assign(
        place_id=ids(found["place_id"].where(known, place_id)),
        building_id=ids(found["id"]),
        placement=np.where(known, "placed", "unplaced"),
        geom=found["geom"].astype(object),
        radius_m=np.where(known, BUILDING_RADIUS_M, np.nan),
        match_level=pd.Series(np.where(known, level, "compound"), index=columns.index),
        confidence=1.0,
        located_by=pd.Series(BY_BUILDING, index=columns.index, dtype="object").where(known, None),
        cell=ids(found["cell"]),
        community_code=found["community_code"].astype(object),
        work_grid_id=ids(found["work_grid_id"]),
    )


def building_rows(standing: Standing, columns: pd.DataFrame) -> NDArray[np.int64]:
    """The row of each person's building; each different pair of compound and number is looked up once."""
    # what is missing is a value like any other: a code of its own, so that no pair runs into its neighbour's
    compounds, names = pd.factorize(columns["compound"], use_na_sentinel=False)
    numbers, written = pd.factorize(columns["building"], use_na_sentinel=False)
    pairs, which = np.unique(compounds * len(written) + numbers, return_inverse=True)
    place_ids = [standing.places.get(name) for name in names]
    texts = written.tolist()
    rows = [standing.row_of(place_ids[pair // len(texts)], texts[pair % len(texts)]) for pair in pairs.tolist()]
    return np.array(rows, dtype=np.int64)[which]


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write dwellings and households that are new, then the persons in them."""
    homes: Homes = batch.memory.setdefault("homes", Homes())
    dwelling_id, household_id = homes.settle(connection, good, batch)
    frame = good.drop(columns=["compound", "building", "unit", "room", "household"]).assign(
        dwelling_id=dwelling_id,
        household_id=household_id,
        subdistrict_code=batch.subdistrict_code,
        feed=batch.feed.name,
        batch_id=batch.id,
    )
    write_rows(connection, resident, frame, conflict=batch.feed.conflict, batch=batch)


FEED = declared_feed("residents", prepare=prepare, resolve=resolve, store=store, finish=match_persons)
