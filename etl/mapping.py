"""Match headings that nobody knows to a feed's columns: suggested from names and values, decided by an operator.

A heading is like a column when its name is (written alike, a synonym, the pinyin of it or its initials) and when its
values look like what the column holds: a day, a coordinate, a community, one of the words of a choice. Identity numbers
and telephones were sealed before samples were kept, so that their marks tell what stood there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment
from sqlalchemy import Connection

from etl.checks import community_forms
from etl.declaration import Column, Declaration, read_declaration
from etl.delivery import FeedSource
from etl.feeds import FEEDS
from etl.fitting import declared_set, note_headings, unknown_headings
from etl.readers.files import headings_of, opened
from etl.reading import HeadingsMissing
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound
from gis.sealing import IDENTITY, MARKS, TELEPHONE
from gis.sentences import Sentence, listed
from gis.texts import Texts

#: likenesses below this are no suggestion [0, 1]
LIKELY = 0.5
#: how much the name tells, beside the values [0, 1]
NAME_WEIGHT = 0.65
#: a name whose values are plainly something else counts this much
CONTRADICTED = 0.35
#: words that mean the same in headings; the first ones of two lists are never alike by this
SYNONYMS = (
    ("编号", "单号", "编码", "序列号", "流水号", "ID", "id", "主键", "key", "code", "no"),
    ("姓名", "名字", "人员姓名", "xm", "name"),
    ("名称", "名字", "mc", "name"),
    ("身份证号", "身份证", "证件号码", "公民身份号码", "sfzh", "idcard"),
    ("手机号", "电话", "联系电话", "联系方式", "手机", "手机号码", "phone", "tel", "mobile"),
    ("地址", "地点", "位置", "住址", "详细地址", "发生地", "事发地", "address", "location", "dz"),
    ("描述", "内容", "详情", "情况", "问题", "诉求", "desc", "description", "content"),
    ("标题", "主题", "题目", "title", "subject"),
    ("时间", "日期", "time", "date", "sj", "rq"),
    ("上报时间", "受理时间", "接单时间", "登记时间", "发生时间", "创建时间", "create_time", "created_at"),
    ("办结时间", "完成时间", "结案时间", "关闭时间", "closed_at", "finish_time"),
    ("截止时间", "办结期限", "处理期限", "deadline"),
    ("状态", "处理状态", "办理状态", "进度", "status", "state", "zt"),
    ("社区", "所属社区", "社区名称", "居委会", "村社区", "community", "sq"),
    ("经度", "坐标x", "x坐标", "lon", "lng", "longitude", "x", "jd"),
    ("纬度", "坐标y", "y坐标", "lat", "latitude", "y", "wd"),
    ("类别", "类型", "大类", "分类", "种类", "type", "category", "kind", "lx"),
    ("小类", "子类", "细类", "subcategory"),
    ("来源", "渠道", "source", "channel", "ly"),
    ("等级", "级别", "紧急程度", "grade", "level"),
    ("数量", "个数", "件数", "quantity", "count", "sl"),
    ("备注", "说明", "note", "remark", "bz"),
)
FORMS = {
    "day": re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8}|[2-7]\d{4}"),
    "time": re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T]\d{1,2}:\d{2}(:\d{2})?.*)?|1\d{9}"),
    "whole": re.compile(r"\d{1,9}"),
    "decimal": re.compile(r"-?\d{1,9}(\.\d+)?"),
    "credit_code": re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}"),
}
#: where China lies [deg]: what a longitude and a latitude can be
RANGES = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}

_SQL = load_statements("etl", "mapping")


@dataclass(frozen=True)
class Suggestion:
    """The heading that is likest to a column."""

    #: our name
    name: str
    #: empty = none is like it
    heading: str
    #: likeness [0, 1]
    score: float


@dataclass(frozen=True)
class HeadingsToMatch:
    """Headings of a file, waiting or decided; one row of support.heading_mapping."""

    id: int
    feed: str
    source: str
    headings: Sequence[str]
    samples: Mapping[str, Sequence[str]]
    seen_at: datetime
    mapping: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys: str = ""
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True)
class Decision:
    """What an operator makes of headings."""

    #: our name -> heading
    mapping: Mapping[str, str]
    #: our name -> value for every row
    defaults: Mapping[str, str] = field(default_factory=dict)
    #: our name -> word in the file -> word that is meant
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def suggest(
    declaration: Declaration,
    headings: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    *,
    communities: frozenset[str],
) -> list[Suggestion]:
    """Match headings to columns, each at most once, so that the likenesses together are greatest.

    Parameters
    ----------
    samples
        Heading -> a few values, sealed.
    communities
        Every written form of the sub-district's communities.

    Returns
    -------
    suggestions
        One per column of the feed, in its order.
    """
    names = list(declaration.columns)
    scores = np.zeros((len(names), len(headings)))
    for row, name in enumerate(names):
        for at, heading in enumerate(headings):
            scores[row, at] = likeness(name, declaration.columns[name], heading, samples.get(heading, ()), communities)
    chosen = dict(zip(*linear_sum_assignment(-scores), strict=True)) if headings else {}
    return [
        Suggestion(name, headings[chosen[row]], round(float(scores[row, chosen[row]]), 3))
        if row in chosen and scores[row, chosen[row]] >= LIKELY
        else Suggestion(name, "", 0.0)
        for row, name in enumerate(names)
    ]


def likeness(name: str, column: Column, heading: str, values: Sequence[str], communities: frozenset[str]) -> float:
    """How like a heading with such values is to a column [0, 1]."""
    by_name = max(name_likeness(known, heading) for known in (column.heading_in_files, column.zh, name, *column.also))
    by_values = value_likeness(column, values, communities)
    if by_values is None:
        return by_name
    if by_values < 0.2:
        return by_name * CONTRADICTED
    # values like many columns' (any number is a count) confirm a name but make none
    return NAME_WEIGHT * by_name + (1 - NAME_WEIGHT) * by_values


@lru_cache(maxsize=65_536)
def name_likeness(known: str, heading: str) -> float:
    """How like two headings are as written, as words and as sounds [0, 1]."""
    left, right = bare(known), bare(heading)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    best = fuzz.ratio(left, right) / 100
    if left in right or right in left:
        best = max(best, 0.6 + 0.3 * min(len(left), len(right)) / max(len(left), len(right)))
    for words in SYNONYMS:
        alike = [longest_within(words, one) for one in (left, right)]
        if all(alike):
            whole = [length / len(one) for length, one in zip(alike, (left, right), strict=True)]
            best = max(best, 0.55 + 0.35 * min(whole))
    if right.isascii():
        sounds = lazy_pinyin(left)
        initials = "".join(lazy_pinyin(left, style=Style.FIRST_LETTER))
        best = max(best, fuzz.ratio("".join(sounds), right) / 100 * 0.95)
        best = max(best, 0.85 if len(initials) > 1 and initials == right else 0.0)
    return best


def longest_within(words: Sequence[str], text: str) -> int:
    """Length of the longest of the words that stands in a heading; Latin ones must be the whole of it [characters]."""
    known = map(bare, words)
    return max((len(word) for word in known if word == text or (not word.isascii() and word in text)), default=0)


def bare(text: str) -> str:
    """Without marks, units in brackets and case."""
    return re.sub(r"[\s_\-:：*#/、.]|[（(\[].*?[)）\]]", "", text).lower()


def value_likeness(column: Column, values: Sequence[str], communities: frozenset[str]) -> float | None:
    """Share of the values that look like what the column holds [0, 1]; None when nothing can be told."""
    given = [value.strip() for value in values if value.strip()]
    if not given:
        return None
    kind = column.kind
    if kind in ("identity", "phone"):
        return share(given, lambda value: MARKS[IDENTITY if kind == "identity" else TELEPHONE] in value)
    if any(value in MARKS.values() for value in given):
        # a number of a person stands where the column wants none
        return 0.0
    if kind == "choice" and column.words:
        # another system has words of its own: none of ours says nothing
        return share(given, column.words.__contains__) or None
    if kind == "community":
        return share(given, communities.__contains__)
    if kind in RANGES:
        return share(given, lambda value: in_range(value, *RANGES[kind]))
    if kind in FORMS:
        return share(given, lambda value: FORMS[kind].fullmatch(value) is not None)
    if kind == "free":
        return 0.0 if share(given, lambda value: FORMS["time"].fullmatch(value) is not None) > 0.5 else None
    return None


def share(values: Sequence[str], fits: Any) -> float:
    return sum(bool(fits(value)) for value in values) / len(values)


def in_range(value: str, least: float, most: float) -> bool:
    try:
        return least <= float(value) <= most and "." in value
    except ValueError:
        return False


def select_headings(connection: Connection) -> list[HeadingsToMatch]:
    """The headings within the asker's sight: those that wait first, then the newest decisions."""
    return [HeadingsToMatch(**row._mapping) for row in connection.execute(_SQL["select"])]


def communities_of(connection: Connection) -> frozenset[str]:
    """Every written form of the communities within the asker's sight."""
    rows = connection.execute(_SQL["communities"])
    return frozenset(community_forms({row.code: row.name for row in rows}))


def takes_numbers(column: Column) -> bool:
    """Whether identity numbers and telephones may stand in a column: it seals them."""
    return column.kind in ("identity", "phone", "free")


def holds_numbers(values: Sequence[str]) -> bool:
    """Whether sealed samples show that numbers of persons stood there."""
    return any(mark in value for value in values for mark in MARKS.values())


def columns_to_match(one: HeadingsToMatch) -> Mapping[str, Column]:
    """Our name -> column of the feed that headings are matched to."""
    return read_declaration(one.feed).columns


def suggest_for(one: HeadingsToMatch, *, communities: frozenset[str]) -> list[Suggestion]:
    """What `suggest` says about headings that wait."""
    return suggest(read_declaration(one.feed), one.headings, one.samples, communities=communities)


def note_shown_file(connection: Connection, feed: str, path: Path, *, subdistrict_code: str, now: datetime) -> str:
    """Put the headings of a file before the operator who shows it.

    Returns
    -------
    known
        Empty when the headings wait now; else the name of what knows them: the feed itself, or a heading set.
    """
    found = FEEDS[feed]
    with opened(FeedSource(feed, path, encoding="")) as plain:
        headings = headings_of(plain)
        if set(found.required_headings(plain)) <= set(headings):
            return feed
        declared = declared_set(found, headings)
        if declared is not None:
            return declared.zh
        unknown = unknown_headings(
            found, plain, HeadingsMissing(Sentence("{file} lacks headings", file=path.name), headings)
        )
    note_headings(connection, unknown, subdistrict_code=subdistrict_code, now=now)
    return ""


def decide(connection: Connection, id: int, decision: Decision, *, actor: str, now: datetime) -> None:
    """Save how headings are matched, as the asker; every later file with these headings is read by it.

    Raises
    ------
    NotFound
        If there are no such headings within the asker's sight.
    BadInput
        If a required column has neither heading nor value, or one heading stands for two columns; all faults at once.
    """
    waiting = next((one for one in select_headings(connection) if one.id == id), None)
    if waiting is None:
        raise NotFound("there are no headings {id} within what you may see", id=id)
    declaration = read_declaration(waiting.feed)
    faults = decision_faults(declaration, waiting, decision)
    if faults:
        raise BadInput(listed(faults))
    # a file without a key is known by its rows' content
    keys = "" if "source_key" in decision.mapping or declaration.composed_key else "rows"
    changed = connection.execute(
        _SQL["decide"],
        {
            "id": id,
            "mapping": json.dumps(dict(decision.mapping), ensure_ascii=False),
            "defaults": json.dumps(dict(decision.defaults), ensure_ascii=False),
            "words": json.dumps({name: dict(words) for name, words in decision.words.items()}, ensure_ascii=False),
            "keys": keys,
            "actor": actor,
            "now": now,
        },
    )
    if changed.rowcount != 1:
        raise Conflict("headings {id} were changed meanwhile; look at them again", id=id)


def decision_faults(declaration: Declaration, waiting: HeadingsToMatch, decision: Decision) -> list[Sentence]:
    """What is wrong with a decision."""
    known = set(declaration.columns)
    stated = {*decision.mapping, *decision.defaults, *decision.words}
    faults = [
        Sentence("{name} is no column of {feed}", name=name, feed=declaration.name) for name in sorted(stated - known)
    ]
    faults += [
        Sentence("{heading!r} is no heading of the file", heading=heading)
        for heading in decision.mapping.values()
        if heading not in waiting.headings
    ]
    faults += [
        Sentence(
            "{heading} holds numbers of persons; {column} ({name}) takes none",
            heading=heading,
            column=declaration.columns[name].zh,
            name=name,
        )
        for name, heading in decision.mapping.items()
        if name in known
        and not takes_numbers(declaration.columns[name])
        and holds_numbers(waiting.samples.get(heading, ()))
    ]
    taken = list(decision.mapping.values())
    faults += [
        Sentence("{heading} stands for two columns", heading=heading)
        for heading in dict.fromkeys(taken)
        if taken.count(heading) > 1
    ]
    given = {*decision.mapping, *decision.defaults}
    for name, column in declaration.columns.items():
        if column.required and name not in given and not (name == "source_key" or name in declaration.composed_key):
            faults.append(Sentence("{column} ({name}) must have a heading or a value", column=column.zh, name=name))
    faults += [
        Sentence(
            "{column}: {word!r} is none of {known}",
            column=declaration.columns[name].zh,
            word=word,
            known=declaration.columns[name].words,
        )
        for name, words in decision.words.items()
        if name in known and declaration.columns[name].words
        for word in words.values()
        if word not in declaration.columns[name].words
    ]
    return faults


def feeds_to_match(texts: Texts) -> list[dict[str, str]]:
    """Feeds whose headings can be matched, as options of a choice."""
    return [{"value": name, "label": texts(f"feeds.{name}")} for name in FEEDS]
