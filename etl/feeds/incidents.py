"""Incidents: what was reported, where, how grave, and what became of it. Places are free text, coordinates are rare."""

import json
from collections.abc import Mapping

import pandas as pd

from etl.checks import chosen, community_faults, is_given, is_rubbish, key_faults, order_faults, require
from etl.declaration import read_declaration
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context
from etl.points import stated_points
from etl.times import Times, read_times
from gis.sealing_columns import seal_series

#: first-level categories of the street's own classification; other words are mapped by `values` in district.yml
CATEGORIES = tuple(read_declaration("incidents").columns["category"].words)
GRADES = {"一般": "general", "较大": "larger", "重大": "major", "特别重大": "severe", "": "general"}
STATES = {
    "待派遣": "reported",
    "已派遣": "dispatched",
    "已接单": "accepted",
    "处置中": "handling",
    "已办结": "closed",
    "已转办": "closed",
    "已作废": "withdrawn",
    "": "reported",
}
SOURCES = ("网格上报", "联动中心", "12345热线", "数字城管", "住枫桥", "上级交办")
#: what stands in the community column of real files though it is no community
NOT_COMMUNITIES = (*SOURCES, "移动巡河", "商贸网格", "企业网格", "枫桥街道", "市便民(12345)", "市城管(数字城管)")
#: the linkage centre's YYYY001NNNN (four to six digits) and the communities' own plain numbers
KEY_PATTERN = r"20\d{2}001\d{4,6}|\d{1,9}"


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check everything that can be checked without other rows; seal free text; choose the text to place by."""
    key_faults(rows, faults, pattern=context.source.key_pattern or KEY_PATTERN)
    require(rows, faults, "category", "reported_at", "source")
    faults.add(
        "unknown_choice",
        "category",
        is_given(rows["category"]) & ~rows["category"].isin(CATEGORIES).to_numpy(dtype=bool),
    )
    grades, unknown = chosen(rows["grade"], GRADES)
    faults.add("unknown_choice", "grade", unknown)
    states, unknown = chosen(rows["status"], STATES)
    faults.add("unknown_choice", "status", unknown)
    codes = community_faults(rows["community"], context.communities, NOT_COMMUNITIES, faults, "community")
    times = {}
    for column in ("reported_at", "due_at", "dispatched_at", "returned_at", "closed_at"):
        times[column] = read_times(rows[column], context.district.zone)
        faults.add("time_form", column, times[column].bad_form)
        faults.add("impossible_time", column, times[column].impossible)
    for column in ("returned_at", "closed_at"):
        order_faults(times["reported_at"].at, times[column].at, faults, column)
    for column in ("title", "description"):
        faults.add("rubbish", column, is_rubbish(rows[column]))
    lon, lat = stated_points(rows, faults, context)
    texts = {
        column: seal_series(rows[column])["redacted"].astype("str") for column in ("title", "description", "address")
    }
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "reported_at": times["reported_at"].at,
            "category": rows["category"],
            "subcategory": rows["subcategory"],
            "source": rows["source"],
            "grade": grades,
            **texts,
            "status": states,
            "due_at": times["due_at"].at,
            "closed_at": times["closed_at"].at,
            "details": details(rows, times),
            "community_code": codes.astype(object),
            "stated_lon": lon,
            "stated_lat": lat,
            "place_text": place_texts(texts["address"], texts["description"], texts["title"]),
        }
    )


def place_texts(*texts: "pd.Series[str]") -> "pd.Series[str]":
    """The first text that is not empty: an address says where, a description only sometimes."""
    chosen_text = texts[0]
    for other in texts[1:]:
        chosen_text = chosen_text.where(is_given(chosen_text), other)
    return chosen_text


def details(rows: pd.DataFrame, times: Mapping[str, Times]) -> "pd.Series[str]":
    """What has no column of its own, as JSON text; worked out once per combination, the instant of dispatch apart."""
    returned = instants(times["returned_at"]).fillna("")
    said = pd.MultiIndex.from_arrays(
        [rows["worker"], rows["status"], rows["community"], times["reported_at"].day_only, returned]
    )
    codes, unique = pd.factorize(said)
    texts = pd.Series([details_text(*one) for one in unique], dtype="str")
    rest = texts.take(codes).set_axis(rows.index)
    dispatched = instants(times["dispatched_at"])
    begun = '{"dispatched_at": "' + dispatched + '"' + (", " + rest.str.slice(1)).where(rest != "{}", "}")
    return begun.where(dispatched.notna(), rest)


def instants(times: Times) -> "pd.Series[str]":
    """Instants as JSON has them; missing where there is none."""
    return times.at.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("str")


def details_text(worker: str, status: str, community: str, day_only: bool, returned_at: str) -> str:
    content: dict[str, object] = {}
    if worker:
        content["worker"] = worker
    if status == "已转办":
        content["handed_over"] = True
    if community:
        content["stated_community"] = community
    if day_only:
        content["day_only"] = True
    if returned_at:
        content["returned_at"] = returned_at
    return json.dumps(content, ensure_ascii=False)


FEED = declared_feed("incidents", prepare=prepare)
