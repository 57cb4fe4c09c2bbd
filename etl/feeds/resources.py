"""Emergency resources of eight kinds with their stock: two layers of one GeoPackage."""

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from etl.checks import chosen, is_given, key_faults, require, whole_numbers
from etl.faults import Faults
from etl.feed import Context, Feed
from etl.storing import ids
from etl.times import read_days, read_times
from etl.vectors import GEOMETRY, read_attribute_rows, read_vector_rows
from gis.database.tables import resource, resource_stock
from gis.sealing import seal_series

HEADINGS = {
    "source_key": "资源编号",
    "name": "名称",
    "kind": "类别",
    "community": "社区",
    "address": "地址",
    "status": "状态",
    "status_reason": "停用原因",
    "status_until": "预计恢复",
    "capacity": "容量",
    "status_since": "更新时间",
}
KINDS = {
    "避难场所": "shelter",
    "物资库": "depot",
    "微型消防站": "fire_station",
    "消火栓": "hydrant",
    "AED": "aed",
    "医疗点": "clinic",
    "警务点": "police_post",
    "应急队伍": "team",
}
STATES = {"就绪": "ready", "停用": "out", "出动": "deployed"}

STOCK_HEADINGS = {
    "source_key": "库存编号",
    "resource": "资源编号",
    "item": "物资名称",
    "quantity": "数量",
    "unit": "单位",
    "expires_on": "到期日期",
}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check kind, state, times, capacity and point."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "kind", "status")
    kinds, unknown = chosen(rows["kind"], KINDS)
    faults.add("unknown_choice", "kind", unknown)
    states, unknown = chosen(rows["status"], STATES)
    faults.add("unknown_choice", "status", unknown)
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    capacity, wrong = whole_numbers(rows["capacity"])
    faults.add("no_number", "capacity", wrong)
    until, since = (
        read_times(rows["status_until"], context.district.zone),
        read_times(rows["status_since"], context.district.zone),
    )
    for column, times in (("status_until", until), ("status_since", since)):
        faults.add("time_form", column, times.bad_form)
        faults.add("impossible_time", column, times.impossible)
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    points = shapely.get_type_id(shapes) == 0
    faults.add("no_point", GEOMETRY, ~points)
    lon = np.where(points, shapely.get_x(shapes), np.nan)
    lat = np.where(points, shapely.get_y(shapes), np.nan)
    inside = context.territory.inside(lon, lat)
    faults.add("outside", GEOMETRY, points & ~inside)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "kind": kinds,
            "name": rows["name"],
            "capacity": capacity,
            "status": states,
            "status_reason": rows["status_reason"].where(is_given(rows["status_reason"]), None),
            "status_since": since.at,
            "status_until": until.at,
            "address": seal_series(rows["address"])["redacted"].astype("str"),
            "community_code": codes.astype(object),
            "stated_lon": np.where(inside, lon, np.nan),
            "stated_lat": np.where(inside, lat, np.nan),
            # where it stands was measured; its address is not read
            "place_text": "",
        }
    )


def prepare_stock(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check quantity and expiry."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "resource", "item", "quantity")
    quantity, wrong = whole_numbers(rows["quantity"])
    faults.add("no_number", "quantity", wrong)
    expiry = read_days(rows["expires_on"].str.slice(0, 10))
    faults.add("time_form", "expires_on", expiry.bad_form)
    faults.add("impossible_time", "expires_on", expiry.impossible)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "resource": rows["resource"],
            "item": rows["item"],
            "quantity": quantity,
            "unit": rows["unit"].where(is_given(rows["unit"]), "件"),
            "expires_on": expiry.on,
        }
    )


def resolve_stock(connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Find the resource that keeps the stock."""
    known = {
        row.source_key: row.id
        for row in connection.execute(
            text("SELECT source_key, id FROM base.resource WHERE subdistrict_code = :code"),
            {"code": context.district.code},
        )
    }
    found = columns["resource"].map(known)
    faults.add("unknown_code", "resource", found.isna().to_numpy())
    return columns.drop(columns="resource").assign(resource_id=ids(found))


RESOURCES = Feed(
    name="resources",
    table=resource,
    headings=HEADINGS,
    read=read_vector_rows,
    prepare=prepare,
    located=True,
    optional=frozenset({"community", "address", "status_reason", "status_until", "capacity", "status_since"}),
    companions={"stock": "stock"},
)
STOCK = Feed(
    name="stock",
    table=resource_stock,
    headings=STOCK_HEADINGS,
    read=read_attribute_rows,
    prepare=prepare_stock,
    resolve=resolve_stock,
    optional=frozenset({"unit", "expires_on"}),
)
FEEDS = (RESOURCES, STOCK)
