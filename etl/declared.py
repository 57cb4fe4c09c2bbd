"""Check rows by what their feed's YAML declares of each column; a module adds what YAML cannot say."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Table, text

from etl.checks import chosen, credit_code_faults, decimals, is_given, key_faults, order_faults, require, whole_numbers
from etl.declaration import Column, Declaration, read_declaration
from etl.faults import Faults
from etl.feed import Context, Feed, Finish, Prepare, Resolve, Store, StoreBatch
from etl.points import Floats, stated_points, unit_columns
from etl.storing import binary_texts, hex_shapes, ids
from etl.times import read_days, read_times
from etl.vectors import GEOMETRY
from gis.database.statements import quoted
from gis.database.tables import metadata
from gis.identity import encrypt_numbers, unseal_value
from gis.sealing_columns import seal_series

Values = "pd.Series[Any]"
#: kinds of geometry -> shapely's type ids, and the reason of what is none of them
SHAPES = {"point": ((0,), "no_point"), "line": ((1, 5), "no_line"), "area": ((3, 6), "no_area")}
#: column a kind is written to where that is not our own name
INTO = {"community": "community_code", "phone": "phone_cipher"}


def declared_feed(
    name: str,
    *,
    prepare: Prepare | None = None,
    resolve: Resolve | None = None,
    store: Store | None = None,
    finish: Finish | None = None,
) -> Feed:
    """Build the feed of ``etl/feeds/<name>.yml``.

    Parameters
    ----------
    prepare, resolve
        What replaces the declared checking, and the declared looking up of references.
    store
        What replaces the upsert.
    finish
        What is done once, after every row is stored.
    """
    declaration = read_declaration(name)
    refers = any(column.kind == "reference" for column in declaration.columns.values())
    return Feed(
        name=name,
        declaration=declaration,
        prepare=prepare or partial(prepare_columns, declaration),
        resolve=resolve or (partial(resolve_references, declaration) if refers else None),
        store=store,
        finish=finish,
    )


def prepare_columns(declaration: Declaration, rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check every declared column and turn it into its column of the table; references wait for `resolve`."""
    table = metadata.tables[declaration.table]
    columns: dict[str, Any] = {"source_key": rows["source_key"]}
    key_faults(rows, faults, pattern=context.source.key_pattern or key_pattern(declaration))
    needed = [name for name, one in declaration.columns.items() if one.required and name != "source_key"]
    require(rows, faults, *needed)
    moments: dict[str, Any] = {}
    for name, column in declaration.columns.items():
        if name == "source_key" or column.into == "-" or column.kind in ("lon", "lat"):
            continue
        values = COLUMN_KINDS[column.kind](name, column, rows, faults, context)
        if column.kind in ("day", "time"):
            moments[name] = values
        if column.kind == "reference":
            columns[name] = values
            continue
        into = column.into or INTO.get(column.kind, name)
        # what is no column of the table is for whoever stores: a room by which a dwelling is found
        columns[into] = as_stored(values, table, into, context) if into in table.c else values
    for name, column in declaration.columns.items():
        if column.after:
            order_faults(moments[column.after], moments[name], faults, name)
    columns |= dict(declaration.constants)
    if "schematic" in table.c:
        columns["schematic"] = context.district.schematic
    return with_place(declaration, pd.DataFrame(columns, index=rows.index), rows, faults, context)


def key_pattern(declaration: Declaration) -> str:
    key = declaration.columns.get("source_key")
    return key.pattern if key else ""


def as_stored(values: Any, table: Table, into: str, context: Context) -> Any:
    """A column as its table takes it: empty text is NULL where there may be one, else the table's own default."""
    kind = str(values.dtype)
    if kind.startswith("datetime64") and "UTC" not in kind and str(table.c[into].type) != "DATE":
        return values.dt.tz_localize(context.district.zone)
    default = getattr(table.c[into].server_default, "arg", None)
    if kind in ("str", "object", "string"):
        empty = values.isna() | (values == "")
        if table.c[into].nullable:
            return values.astype(object).mask(empty, None)
        return values.mask(empty, str(getattr(default, "text", default) or ""))
    if not table.c[into].nullable and default is not None:
        return values.fillna(float(str(getattr(default, "text", default))))
    return values


def text_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    values = rows[name]
    if column.pattern:
        wrong = is_given(values)
        wrong[wrong] = ~values[wrong].str.fullmatch(column.pattern).to_numpy(dtype=bool)
        faults.add("unknown_form", name, wrong)
    return values


def free_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    return seal_series(rows[name])["redacted"].astype("str")


def choice_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    values, unknown = chosen(rows[name], column.words)
    faults.add("unknown_choice", name, unknown)
    return values.astype(object)


def day_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    days = read_days(rows[name])
    faults.add("time_form", name, days.bad_form)
    faults.add("impossible_time", name, days.impossible)
    if not column.ahead:
        faults.add("in_future", name, (days.on > pd.Timestamp(context.now.date())).to_numpy(dtype=bool))
    return days.on


def time_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    times = read_times(rows[name], context.district.zone)
    faults.add("time_form", name, times.bad_form)
    faults.add("impossible_time", name, times.impossible)
    if not column.ahead:
        # clocks of other systems may run ahead of ours by five minutes
        faults.add(
            "in_future", name, (times.at > pd.Timestamp(context.now) + pd.Timedelta("5min")).to_numpy(dtype=bool)
        )
    return times.at


def number_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    numbers, wrong = (whole_numbers if column.kind == "whole" else decimals)(rows[name])
    faults.add("no_number", name, wrong)
    low = -np.inf if column.least is None else column.least
    high = np.inf if column.most is None else column.most
    faults.add("out_of_range", name, ((numbers < low) | (numbers > high)).to_numpy(dtype=bool))
    return numbers


def community_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    codes, unknown = chosen(rows[name], context.communities)
    faults.add("unknown_community", name, unknown)
    return codes.astype(object)


def phone_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    plain = pd.Series([unseal_value(value, context.keys) for value in rows[name]], index=rows.index, dtype="str")
    wrong = is_given(plain)
    wrong[wrong] = ~plain[wrong].str.fullmatch(r"\+?[\d\- ]{7,20}").to_numpy(dtype=bool)
    faults.add("phone_form", name, wrong)
    sealed = encrypt_numbers(plain.tolist(), context.keys, of=f"{name}/" + rows["source_key"])
    return pd.Series(binary_texts(sealed), index=rows.index, dtype="object")


def credit_code_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    codes = rows[name].str.upper()
    credit_code_faults(codes, faults, name)
    return codes


def reference_values(name: str, column: Column, rows: pd.DataFrame, faults: Faults, context: Context) -> Any:
    return rows[name]


ColumnKind = Callable[[str, Column, pd.DataFrame, Faults, Context], Any]
COLUMN_KINDS: dict[str, ColumnKind] = {
    "text": text_values, "free": free_values, "choice": choice_values, "day": day_values, "time": time_values,
    "whole": number_values, "decimal": number_values, "community": community_values, "phone": phone_values,
    "credit_code": credit_code_values, "reference": reference_values,
}  # fmt: skip


def with_place(
    declaration: Declaration, columns: pd.DataFrame, rows: pd.DataFrame, faults: Faults, context: Context
) -> pd.DataFrame:
    """Add where rows are: what the pipeline places by, or the point and its units where the table keeps a point."""
    table = metadata.tables[declaration.table]
    if declaration.geometry == "point":
        lon, lat = shape_points(rows, faults, context)
    elif declaration.geometry:
        return columns.assign(geom=declared_shapes(declaration, rows, faults))
    elif {"lon", "lat"} <= set(declaration.columns):
        lon, lat = stated_points(rows, faults, context)
    else:
        lon = lat = np.full(len(rows), np.nan)
    if declaration.located:
        words = [columns[name] if name in columns else rows[name] for name in declaration.place_text]
        return columns.assign(stated_lon=lon, stated_lat=lat, place_text=first_given(words, rows.index))
    if "point" not in table.c:
        return columns
    units = unit_columns(lon, lat, context, rows.index)
    if "community_code" in columns:
        found, stated = units["community_code"], columns["community_code"]
        units["community_code"] = found.where(found.notna(), stated)
        columns = columns.drop(columns="community_code")
    return columns.join(units)


def first_given(texts: list[Any], index: pd.Index) -> Any:
    """The first text that is not empty: an address says where, a name only sometimes."""
    result = pd.Series("", index=index, dtype="str")
    for one in texts:
        result = result.where(is_given(result), one.fillna("").astype("str"))
    return result


def shape_points(rows: pd.DataFrame, faults: Faults, context: Context) -> tuple[Floats, Floats]:
    """Longitude and latitude of rows that come with a point, noting what is none or lies outside; NaN there."""
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    points = shapely.get_type_id(shapes) == 0
    faults.add("no_point", GEOMETRY, ~points)
    lon = np.where(points, shapely.get_x(shapes), np.nan)
    lat = np.where(points, shapely.get_y(shapes), np.nan)
    inside = context.territory.inside(lon, lat)
    faults.add("outside", GEOMETRY, points & ~inside)
    return np.where(inside, lon, np.nan), np.where(inside, lat, np.nan)


def declared_shapes(declaration: Declaration, rows: pd.DataFrame, faults: Faults) -> Any:
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    kinds, reason = SHAPES[declaration.geometry]
    faults.add(reason, GEOMETRY, ~np.isin(shapely.get_type_id(shapes), kinds))
    faults.add("invalid_shape", GEOMETRY, ~shapely.is_valid(shapes))
    return pd.Series(hex_shapes(shapes), index=rows.index, dtype="object")


def resolve_references(
    declaration: Declaration,
    connection: Connection,
    columns: pd.DataFrame,
    faults: Faults,
    context: Context,
    batch: StoreBatch,
) -> pd.DataFrame:
    """Replace written keys by ids of the tables they refer to; a record of a person takes over where they live."""
    table = metadata.tables[declaration.table]
    for name, column in declaration.columns.items():
        if column.kind != "reference":
            continue
        found = referred(connection, column.refers_to, columns[name], context)
        reason = "unknown_person" if column.refers_to == "base.resident" else "unknown_code"
        faults.add(reason, name, is_given(columns[name]) & found["id"].isna().to_numpy())
        columns = columns.drop(columns=name).assign(**{column.into or f"{name}_id": ids(found["id"])})
        for unit in ("community_code", "work_grid_id"):
            if unit in table.c and unit in found and not declaration.located:
                own = found[unit].astype(object).mask(found[unit].isna(), None)
                stated = columns.get(unit, own)
                columns = columns.assign(**{unit: stated.where(stated.notna(), own)})
    return columns


def referred(connection: Connection, table_name: str, keys: Any, context: Context) -> pd.DataFrame:
    """Id, community and work grid (where the table has them) of the records with these keys, on the keys' index."""
    table = metadata.tables[table_name]
    units = [unit for unit in ("community_code", "work_grid_id") if unit in table.c]
    names = ", ".join(quoted(column) for column in ("source_key", "id", *units))
    statement = text(
        f"SELECT DISTINCT ON (source_key) {names} FROM {quoted(table.schema or 'base')}.{quoted(table.name)}"
        " WHERE subdistrict_code = :code AND source_key = ANY(:keys) ORDER BY source_key, id"
    )
    bound = {"code": context.district.code, "keys": sorted({key for key in keys.tolist() if key})}
    known = pd.DataFrame(connection.execute(statement, bound).all(), columns=["source_key", "id", *units])
    whole = [column for column in ("id", "work_grid_id") if column in known]
    known = known.astype(dict.fromkeys(whole, "Int64")).set_index("source_key").reindex(keys.to_numpy(dtype=object))
    known.index = keys.index
    return known
