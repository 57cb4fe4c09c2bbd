"""CAP 1.2: what we write holds against the standard's schema; what others write is read, or refused in a sentence."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from lxml import etree

from alerts.cap.feed import ATOM, write_feed
from alerts.cap.importing import area_of, level_of
from alerts.cap.issuing import messages_of
from alerts.cap.message import NAMESPACE
from alerts.cap.reading import MOST_BYTES, read_cap
from alerts.cap.writing import cap_time, write_cap
from gis.cells import areas_m2, index_points, neighbours
from gis.errors import BadInput

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("CAP-v1.2.xsd")))
#: 14:00 in Suzhou
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOME = int(index_points([120.53], [31.3], resolution=10)[0])
RING = [HOME, *(int(cell) for cell in neighbours(HOME))]


def alert(**changed):
    return {
        "id": 7,
        "subdistrict_code": "320505006",
        "rule": "dispute_surge",
        "rule_name": {},
        "unit_kind": "area",
        "unit_name": "马浜花园北区",
        "level": 2,
        "status": "open",
        "community_code": "320505006001",
        "community": "马浜社区",
        "community_en": "Mabang",
        "cells": RING,
        "observed": 11.0,
        "expected": 3.2,
        "expected_low": 0.6,
        "expected_high": 6.5,
        "method": "threshold",
        "window_from": NOW - timedelta(hours=24),
        "window_to": NOW,
        "reasons": [{"name": "物业收费", "count": 6}],
        "exposure": {"persons": 3460},
        "grading": {"urgency": "Immediate", "certainty": "Likely"},
        "raised_at": NOW - timedelta(hours=1),
        "exercise": False,
        "shape": None,
        "drill": "",
        "communities": ["320505006001", "320505006002"],
    } | changed


def event(number, change, *, minutes, level=2, observed=11.0, cells=None):
    return {
        "id": number,
        "alert_id": 7,
        "at": NOW + timedelta(minutes=minutes),
        "change": change,
        "level": level,
        "observed": observed,
        "cells": cells,
        "detail": {},
    }


EVENTS = [
    event(1, "raised", minutes=0, level=3, observed=5.0, cells=[HOME]),
    event(2, "grown", minutes=5, level=3, observed=8.0, cells=RING),
    event(3, "level", minutes=9),
    event(4, "cleared", minutes=60),
]


def validated(message):
    document = etree.fromstring(write_cap(message))
    SCHEMA.assertValid(document)
    return document


def texts(document, name):
    return [element.text for element in document.iter(f"{{{NAMESPACE}}}{name}")]


def test_every_message_of_an_alerts_life_holds_against_the_schema():
    documents = [validated(message) for message in messages_of(alert(), EVENTS)]

    assert [texts(one, "msgType") for one in documents] == [["Alert"], ["Update"], ["Update"], ["Cancel"]]
    assert texts(documents[0], "references") == []
    # every earlier message, oldest first: sender,identifier,sent
    assert texts(documents[2], "references") == [
        "urn:fengqiao:320505006,7.1,2026-11-23T06:00:00-00:00 urn:fengqiao:320505006,7.2,2026-11-23T06:05:00-00:00"
    ]
    assert texts(documents[0], "severity") == ["Moderate", "Moderate"]
    assert texts(documents[2], "severity") == ["Severe", "Severe"]
    assert texts(documents[3], "urgency") == ["Past", "Past"]
    assert texts(documents[2], "language") == ["zh-CN", "en-US"]
    assert texts(documents[2], "headline") == [
        "【橙色预警】矛盾纠纷聚集 · 马浜社区 马浜花园北区",
        "[Orange alert] Disputes gathering · Mabang 马浜花园北区",
    ]
    assert texts(documents[2], "description")[0] == (
        "24小时内 11 件，预期 3.2 件（95%区间 0.6—6.5）；主要为 物业收费 6；范围内居住 3,460 人；"
        "阈值规则，与前8周同一时段均值相比。"
    )
    codes = documents[2].findall(f".//{{{NAMESPACE}}}geocode/{{{NAMESPACE}}}value")
    assert [code.text for code in codes] == ["320505006001", "320505006002"] * 2


def test_a_shape_that_became_part_of_its_neighbours_gives_no_all_clear():
    merged = event(5, "cleared", minutes=60) | {"detail": {"ended_by": "merged", "merged_into": 8}}
    message = messages_of(alert(), [EVENTS[0], merged])[-1]
    assert message.infos[0].description.startswith("并入相邻预警；")
    assert message.infos[1].description.startswith("merged with its neighbour; ")


def test_a_long_window_is_told_in_days_and_a_mere_threshold_compares_with_nothing():
    (message,) = messages_of(
        alert(window_from=NOW - timedelta(hours=189), expected=None, expected_high=None), EVENTS[:1]
    )
    # 189 h = 7.9 days
    assert message.infos[0].description.startswith("8天内 5 件；")
    assert message.infos[0].description.endswith("阈值规则，达到定数即预警。")


def test_the_polygon_is_the_outer_line_of_the_cells_of_that_step():
    first, second, *_ = messages_of(alert(), EVENTS)

    one, seven = (shapely.Polygon(message.infos[0].areas[0].polygons[0]).area for message in (first, second))
    # cells of one ring are equally large within a thousandth here
    assert seven / one == pytest.approx(areas_m2(RING).sum() / areas_m2([HOME])[0], rel=2e-3)
    ring = texts(validated(first), "polygon")[0].split()
    # latitude first, closed: six corners and the first again
    assert len(ring) == 7
    assert ring[0] == ring[-1]
    assert ring[0].startswith("31.")


def test_a_drill_is_an_exercise_with_its_name_and_never_actual():
    (message,) = messages_of(alert(exercise=True, drill="季度演练"), EVENTS[:1])

    document = validated(message)
    assert (texts(document, "status"), texts(document, "note")) == (["Exercise"], ["季度演练"])


def test_fewer_than_five_people_are_not_told():
    (message,) = messages_of(alert(exposure={"persons": None}), EVENTS[:1])
    assert "少于5人" in message.infos[0].description


def test_a_silent_feed_concerns_the_whole_street_and_has_no_polygon():
    feed = alert(
        rule="feed_silent",
        unit_kind="feed",
        unit_name="12345热线",
        community=None,
        community_code=None,
        cells=[],
        communities=[],
        exposure={},
    )
    (message,) = messages_of(feed, [event(1, "raised", minutes=0, cells=[])])

    document = validated(message)
    assert texts(document, "polygon") == []
    assert texts(document, "value")[-1] == "320505006000"


def test_times_are_written_as_cap_wants_them():
    assert cap_time(NOW) == "2026-11-23T06:00:00-00:00"
    with pytest.raises(ValueError, match="no time zone"):
        cap_time(NOW.replace(tzinfo=None))


def test_what_we_write_we_read():
    for message in messages_of(alert(), EVENTS):
        assert read_cap(write_cap(message)) == message


def test_the_feed_is_atom_with_a_link_to_each_message():
    newest = [messages_of(alert(), EVENTS[:2])[-1]]
    document = etree.fromstring(
        write_feed(newest, base="https://fq.example", title="t", author="a", self_path="/cap/feed", now=NOW)
    )
    assert document.findtext(f"{{{ATOM}}}updated") == "2026-11-23T06:05:00-00:00"
    links = [link.get("href") for link in document.iter(f"{{{ATOM}}}link")]
    assert links == ["https://fq.example/cap/feed", "https://fq.example/cap/7.2"]


WEATHER = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>{identifier}</identifier><sender>weather.example</sender><sent>2026-11-23T13:00:00+08:00</sent>
  <status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{references}
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Expected</urgency><severity>{severity}</severity>
    <certainty>Likely</certainty><expires>2026-11-23T20:00:00+08:00</expires><senderName>市气象台</senderName><headline>{headline}</headline>
    <area><areaDesc>虎丘区</areaDesc>{area}</area></info>
</alert>"""


def weather(**changed):
    filled = {
        "identifier": "w1",
        "kind": "Alert",
        "references": "",
        "severity": "Severe",
        "headline": "市气象台发布暴雨黄色预警",
        "area": "<polygon>31.2,120.4 31.2,120.6 31.4,120.6 31.4,120.4 31.2,120.4</polygon>",
    } | changed
    return WEATHER.format(**filled).encode()


def test_the_colour_that_was_proclaimed_counts_more_than_the_severity():
    assert level_of(read_cap(weather()).infos[0]) == 3
    assert level_of(read_cap(weather(headline="暴雨预警")).infos[0]) == 2


def test_polygons_and_circles_are_one_shape():
    area = area_of(read_cap(weather(area="<circle>31.3,120.5 10</circle>")).infos[0])
    # a circle of 10 km: its height is 20 km of 111.32 km per degree
    west, south, east, north = area.bounds
    assert north - south == pytest.approx(20 / 111.32, rel=1e-6)
    assert east - west > north - south
    assert area_of(read_cap(weather(area="")).infos[0]) is None


BILLION = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&y;</identifier></alert>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&x;</identifier></alert>"""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (BILLION, "entities; CAP needs none"),
        (OUTSIDE, "entities; CAP needs none"),
        (b"", "not well-formed"),
        (b"\x00\x01\x02", "not well-formed"),
        (b"<alert", "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not well-formed"),
        (b"<html/>", "not a CAP 1.2 alert"),
        (b'<alert xmlns="urn:other"/>', "urn:other, not a CAP"),
        (b"x" * (MOST_BYTES + 1), "2,000,000 at most"),
        (weather(severity="Bad"), "<severity> is 'Bad'; it may be Extreme"),
        (weather(identifier=""), "<identifier> is missing"),
        (weather(kind="Update"), "without <references>"),
        (weather(area="<polygon>31.2,120.4 31.2,120.6</polygon>"), "at least four corners"),
        (weather(area="<polygon>120.4,31.2 120.6,31.2 120.6,31.4 120.4,31.2</polygon>"), "no latitude,longitude"),
        (weather(area="<polygon>a,b c,d</polygon>"), "<polygon>"),
        (weather(area="<circle>31.3,120.5</circle>"), "<circle>"),
        (weather(references="<references>a b</references>"), "sender,identifier,sent is expected"),
        (weather().replace(b"+08:00", b""), "without an offset"),
        (weather().replace(b"2026-11-23T13", b"yesterday"), "no time such as"),
    ],
)
def test_what_is_no_cap_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        read_cap(content)
    assert "\n" not in str(caught.value)
