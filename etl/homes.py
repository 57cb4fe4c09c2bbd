"""Dwellings and households of persons: found, or written when they are new, and remembered from piece to piece."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
from sqlalchemy import Connection, Table, text

from etl.feed import StoreBatch
from etl.filling import copy_in, reserve_ids
from etl.storing import put_rows
from gis.database.statements import load_statements
from gis.database.tables import dwelling, household

_SQL = load_statements("etl", "homes")

_DOOR = ["building_id", "unit", "room"]
_AREA = ["community_code", "work_grid_id"]
_DWELLINGS = {"building_id": pl.Int64, "unit": pl.String, "room": pl.String, "dwelling_id": pl.Int64}
_HOUSEHOLDS = {"household": pl.String, "household_id": pl.Int64}


@dataclass
class Homes:
    """The homes a batch has met so far, by their ids."""

    dwellings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_DWELLINGS))
    households: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_HOUSEHOLDS))

    def settle(
        self, connection: Connection, persons: pd.DataFrame, batch: StoreBatch
    ) -> "tuple[pd.Series[int], pd.Series[int]]":
        """Write the homes of `persons` that are not there; returns the id of each person's dwelling and household.

        A person in a room of a known building has a dwelling, one with a household number a household; a household
        lives where the first of its persons in the batch does.

        Parameters
        ----------
        persons
            Columns `building_id`, `unit`, `room`, `household`, `community_code`, `work_grid_id`.
        """
        texts = {name: pl.Series(pa.array(persons[name])) for name in ("unit", "room", "household")}
        rows = pl.DataFrame(
            {
                "building_id": pl.Series(pa.array(persons["building_id"]), dtype=pl.Int64),
                "work_grid_id": pl.Series(pa.array(persons["work_grid_id"]), dtype=pl.Int64),
                "community_code": pl.Series(persons["community_code"].to_numpy(dtype=object), dtype=pl.String),
                **texts,
            }
        )
        doors = rows.filter(pl.col("building_id").is_not_null() & (pl.col("room") != ""))
        doors = doors.unique(_DOOR, keep="first", maintain_order=True)
        new_doors = doors.join(self.dwellings, on=_DOOR, how="anti", maintain_order="left")
        if new_doors.height:
            self.dwellings = pl.concat([self.dwellings, dwelling_ids(connection, new_doors, batch)])
        rows = rows.join(self.dwellings, on=_DOOR, how="left", maintain_order="left")
        houses = rows.filter(pl.col("household") != "").unique("household", keep="first", maintain_order=True)
        new_houses = houses.join(self.households, on="household", how="anti", maintain_order="left")
        if new_houses.height:
            self.households = pl.concat([self.households, household_ids(connection, new_houses, batch)])
        rows = rows.join(self.households, on="household", how="left", maintain_order="left")
        return whole_numbers(rows["dwelling_id"], persons.index), whole_numbers(rows["household_id"], persons.index)


def dwelling_ids(connection: Connection, doors: pl.DataFrame, batch: StoreBatch) -> pl.DataFrame:
    """Ids of dwellings, each given once; those that are not there are written."""
    homes = doors.select(*_DOOR, *_AREA)
    if dwelling.fullname in batch.filled:
        numbered = homes.with_columns(dwelling_id=new_ids(connection, dwelling, homes.height))
        floors = pl.col("room").str.extract(r"^([0-9]{1,2})[0-9]{2}$").cast(pl.Int16)
        columns = {"dwelling_id": "id"}
        fill(connection, dwelling, numbered.with_columns(floor=floors).rename(columns), batch)
        return numbered.select(*_DWELLINGS)
    found = written(connection, homes, batch, write="write_dwellings", select="dwelling_ids")
    return pl.DataFrame(found, schema=_DWELLINGS, orient="row")


def household_ids(connection: Connection, houses: pl.DataFrame, batch: StoreBatch) -> pl.DataFrame:
    """Ids of households, each given once with where it lives; those that are not there or have moved are written."""
    homes = houses.select("household", "dwelling_id", "building_id", *_AREA)
    if household.fullname in batch.filled:
        numbered = homes.with_columns(household_id=new_ids(connection, household, homes.height))
        columns = {"household_id": "id", "household": "source_key"}
        feed = pl.lit(batch.feed.name)
        fill(connection, household, numbered.rename(columns).with_columns(feed=feed), batch)
        return numbered.select(*_HOUSEHOLDS)
    found = written(connection, homes, batch, write="write_households", select="household_ids")
    return pl.DataFrame(found, schema=_HOUSEHOLDS, orient="row")


def new_ids(connection: Connection, table: Table, count: int) -> pl.Series:
    reserved = reserve_ids(connection, table, count)
    return pl.int_range(reserved.start, reserved.stop, eager=True)


def fill(connection: Connection, table: Table, rows: pl.DataFrame, batch: StoreBatch) -> None:
    copy_in(
        connection, table, rows.with_columns(subdistrict_code=pl.lit(batch.subdistrict_code), batch_id=pl.lit(batch.id))
    )


def written(
    connection: Connection, homes: pl.DataFrame, batch: StoreBatch, *, write: str, select: str
) -> list[tuple[Any, ...]]:
    incoming = put_rows(connection, homes, name="homes")
    bound = {"code": batch.subdistrict_code, "feed": batch.feed.name, "batch_id": batch.id}

    def run(name: str) -> Any:
        statement = text(_SQL.source(name).replace("{homes}", incoming.relation))
        named = statement.compile().params
        return connection.execute(
            statement, {key: value for key, value in {**incoming.bound, **bound}.items() if key in named}
        )

    run(write)
    return [tuple(row) for row in run(select)]


def whole_numbers(values: pl.Series, index: pd.Index) -> "pd.Series[int]":
    return pd.Series(pd.array(values.to_arrow(), dtype="Int64"), index=index)
