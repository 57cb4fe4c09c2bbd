"""The report's parts: months, figures as written, sentences, reach, drawing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import shapely

from dashboard.reports.alert_marks import alert_marks, draw_marks
from dashboard.reports.chinese import one_decimal, percent, signed_percent, whole
from dashboard.reports.drawing import Drawing, frame_around, hatch, path_data, shrunken
from dashboard.reports.facts import rated, shrink_to_mean, total_row
from dashboard.reports.maps import class_index, class_words
from dashboard.reports.month import Month, month_of, parse_month
from dashboard.reports.reach import reach_by_community
from dashboard.reports.shelf import months_until
from dashboard.reports.summary import demand_sentences
from gis.errors import BadInput
from gis.texts import texts_in

ZH = texts_in("zh")


def test_a_month_is_local_and_steps_over_years():
    shanghai = ZoneInfo("Asia/Shanghai")
    assert Month(2026, 1).shifted(-1) == Month(2025, 12)
    assert Month(2026, 12).bounds("Asia/Shanghai") == (
        datetime(2026, 12, 1, tzinfo=shanghai),
        datetime(2027, 1, 1, tzinfo=shanghai),
    )
    # 31 October 17:00 UTC is 1 November 01:00 in Suzhou
    assert month_of(datetime(2026, 10, 31, 17, tzinfo=UTC), "Asia/Shanghai") == Month(2026, 11)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-10", "2026/10", "", "2026-10-01", "9999-12"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(BadInput, match="write it like 2026-10"):
        parse_month(text)


def test_the_shelf_holds_whole_months_only():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert months_until(None, now, "Asia/Shanghai") == []
    # data from 10 September: September is not whole
    began = datetime(2026, 9, 10, tzinfo=UTC)
    assert months_until(began, now, "Asia/Shanghai") == [Month(2026, 10)]
    began = datetime(2026, 8, 31, 16, 5, tzinfo=UTC)  # 1 September 00:05 local
    assert months_until(began, now, "Asia/Shanghai") == [Month(2026, 10), Month(2026, 9)]


def test_figures_are_written_as_readers_expect():
    assert whole(-12265) == "−12,265"
    assert percent(0.9244) == "92.4%"
    assert signed_percent(-0.016) == "−1.6%"
    assert signed_percent(0.0004) == "0.0%"
    assert signed_percent(float("nan")) == "—"
    assert one_decimal(float("nan")) == "—"


def table(requests=(30, 20), before=(20, 20), year=(0, 10), due=(10, 0), in_time=(9, 0)):
    counts = pd.DataFrame(
        {
            "name": ["甲社区", "乙社区"],
            "persons": [500, 500],
            "requests": requests,
            "month_before": before,
            "year_before": year,
            "due": due,
            "in_time": in_time,
        },
        index=["a", "b"],
    )
    return rated(counts)


def test_rates_and_changes_are_missing_where_there_is_nothing_to_divide_by():
    rates = table()

    assert rates["per_1000"].tolist() == [60.0, 40.0]
    assert rates["month_change"].tolist() == [0.5, 0.0]
    assert np.isnan(rates.loc["a", "year_change"])
    assert np.isnan(rates.loc["b", "punctual"])
    # the whole: 50 requests of 1 000 persons; 50 against 10 a year ago is +400 %
    total = total_row(rates)
    assert (total["per_1000"], total["year_change"], total["punctual"]) == (50.0, 4.0, 0.9)


def say(rates, items=()):
    return demand_sentences(
        ZH, rates, total_row(rates), month="2026年10月", days=31, whole_name="全街道", items=list(items)
    )


def test_the_sentences_change_with_the_data():
    first, second, third = say(table(), ["停车管理"])

    assert first == "2026年10月全街道受理服务诉求50件，日均2件，每千人50.0件，同比上升400.0%，环比上升25.0%。"
    assert second == "甲社区每千人60.0件，居首位，环比上升50.0%，增量主要来自停车管理。"
    assert third == "按期办结率90.0%。"


def test_nothing_notable_is_said_so():
    even = table(requests=(25, 25), before=(25, 25), year=(25, 25), due=(5, 5), in_time=(5, 4))

    assert say(even)[0].endswith("同比持平，环比持平。")
    assert say(even)[1] == "各社区每千人件数相差不到一成，没有突出的社区。"
    assert say(table(requests=(0, 0))) == ["2026年10月全街道没有受理服务诉求。"]
    assert say(table(due=(0, 0), in_time=(0, 0)))[2] == "当月没有到期应办结的诉求。"


def test_a_small_cell_is_drawn_to_the_mean_and_a_large_one_keeps_its_rate():
    requests, persons = np.array([1.0, 300.0, 10.0]), np.array([2.0, 3000.0, 1000.0])
    mean = requests.sum() / persons.sum()  # 311 / 4002 = 0.0777

    drawn = shrink_to_mean(requests, persons, mean=mean)

    assert abs(drawn[0] - mean) < abs(0.5 - mean) / 2
    assert drawn[1] == pytest.approx(0.1, abs=0.005)


def test_a_value_on_a_limit_belongs_to_the_class_above():
    classes = class_index(pd.Series([24.9, 25.0, 90.0, float("nan")]), (25, 40, 60, 90))

    assert classes.tolist()[:3] == [0, 1, 4]
    assert np.isnan(classes.iloc[3])
    assert class_words(ZH, (25, 40, 60, 90)) == ["不足25", "25—40", "40—60", "60—90", "90及以上"]


def test_reach_adds_up_persons_once_per_community():
    cells = pd.DataFrame({"code": ["a", "a", "b"], "persons": [10, 20, 30]})

    reach = reach_by_community(cells, pd.Series([4.0, 12.0, np.inf]))

    assert reach.loc["a"].tolist() == [30, 10, 10, 30, 0]
    assert reach.loc["b"].tolist() == [30, 0, 0, 0, 30]


def test_a_frame_keeps_shapes_inside_and_upright():
    shape = shapely.box(1000, 2000, 3000, 3000)
    frame = frame_around(shape, width_mm=100, height_mm=100, margin_mm=0)

    # 2 000 m in 100 mm: 0.05 mm/m; the 1 000 m of height stand in the middle
    assert (frame.x(1000), frame.x(3000)) == (0.0, 100.0)
    assert (frame.y(3000), frame.y(2000)) == (25.0, 75.0)
    assert path_data(frame, shapely.LineString([(1000, 3000), (3000, 2000)])) == "M0.00 25.00L100.00 75.00"


def test_a_hatch_stays_inside_its_shape_and_cells_shrink_by_area():
    hexagon = shapely.Point(0, 0).buffer(100, quad_segs=2)

    assert hatch(hexagon).difference(hexagon.buffer(1e-6)).is_empty
    assert shrunken(pd.Series([hexagon]))[0].area == pytest.approx(0.96 * hexagon.area)


def test_labels_never_cover_each_other():
    drawing = Drawing(frame_around(shapely.box(0, 0, 1000, 1000), width_mm=60, height_mm=60))

    fitted = [drawing.label(30, 30, [("马浜", 4.0, True)]) for _ in range(5)]

    assert all(fitted)
    for index, box in enumerate(drawing.taken):
        assert not any(box.buffer(-0.61).intersects(other) for other in drawing.taken[index + 1 :])


def marked(*boxes: tuple[int, float, float], size: float = 100.0) -> pd.DataFrame:
    """Alerts of (level, west, south), each a square of `size` metres."""
    return pd.DataFrame(
        [
            {
                "level": level,
                "raised_at": datetime(2026, 10, 1 + number, tzinfo=UTC),
                "outline": shapely.box(west, south, west + size, south + size),
            }
            for number, (level, west, south) in enumerate(boxes)
        ]
    )


def test_alerts_of_one_place_share_a_mark_and_the_gravest_are_lettered():
    # the second lies on the first by 60 of 100 m; the third touches nothing
    marks = alert_marks(marked((4, 0, 0), (2, 40, 0), (3, 1000, 0)))

    assert [(mark.alert.level, mark.count, mark.letter) for mark in marks] == [(2, 2, "A"), (3, 1, "B")]
    assert marks[0].words({2: "橙", 3: "黄"}) == "橙 A ×2"
    many = alert_marks(marked(*((4, 500.0 * number, 0) for number in range(8))))
    assert "".join(mark.letter for mark in many) == "ABCDE"


def test_crowded_marks_step_aside_on_leaders_and_cover_neither_each_other_nor_a_place():
    # nine places within 9 mm of paper, where a mark is 7.6 mm wide
    grid = [(4, 300.0 * column, 300.0 * row) for row in range(3) for column in range(3)]
    drawing = Drawing(frame_around(shapely.box(-2000, -2000, 2900, 2900), width_mm=80, height_mm=80))
    marks = alert_marks(marked(*grid))

    left_out = draw_marks(drawing, marks, {4: "蓝"})

    # each keeps a margin of 0.3 mm about it
    boxes = [shape.buffer(-0.31) for shape in drawing.taken if shape.geom_type == "Polygon"]
    leaders = [shape for shape in drawing.taken if shape.geom_type == "LineString"]
    assert len(boxes) + left_out == 9
    assert len(boxes) >= 8
    assert leaders
    assert not any(one.intersects(other) for number, one in enumerate(boxes) for other in boxes[:number])
    # in a frame as small as the marks themselves some find no room, and they are counted
    small = Drawing(frame_around(shapely.box(0, 0, 900, 900), width_mm=12, height_mm=12))
    drawn = draw_marks(small, marks, {4: "蓝"})
    assert drawn == 9 - sum(shape.geom_type == "Polygon" for shape in small.taken) > 0
