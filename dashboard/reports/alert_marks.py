"""Marks of a month's alerts on a map that is too small for all of them.

Alerts of one place share a mark; the gravest have a letter that the list beside the map repeats; a mark that finds no
room at its place steps aside on a leader line; what finds none is counted and said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from string import ascii_uppercase
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import shapely

from alerts.words import rule_title
from dashboard.look import ALERT_LIGHT, LIGHT
from dashboard.reports.drawing import Drawing, text_width
from dashboard.reports.facts import Scope
from gis.texts import Texts

#: marks with a letter and a line in the list: as many as stand beside the map
MOST_LISTED = 5
#: alerts whose shapes overlap by this share of the smaller one are of one place
SAME_PLACE = 0.5
#: a mark that steps aside goes this far at most, in steps, in so many directions [mm]
FARTHEST_MM, STEP_MM, DIRECTIONS = 27.0, 3.0, 16
SIZE, HEIGHT = 2.8, 4.4
#: of the legend and the list beside the map [mm]
LEGEND_WIDTH, LIST_WIDTH, LINE, SWATCH_HEIGHT = 60.0, 76.0, 4.2, 4.6


@dataclass(frozen=True)
class AlertMark:
    """One or more alerts of one place."""

    #: the gravest of them, a row of the month's alerts
    alert: Any
    count: int
    #: empty where the place is not in the list
    letter: str

    def words(self, levels: Mapping[int, str]) -> str:
        """What the mark says: 橙 B ×3."""
        parts = (levels[self.alert.level], self.letter, f"×{self.count}" if self.count > 1 else "")
        return " ".join(part for part in parts if part)


def alert_marks(alerts: pd.DataFrame) -> list[AlertMark]:
    """Put the alerts of one place together, gravest first; `alerts` have level, raised_at and outline."""
    places: list[list[Any]] = []
    for alert in alerts.sort_values(["level", "raised_at"]).itertuples():
        home = next((place for place in places if are_one_place(place[0].outline, alert.outline)), None)
        if home is None:
            places.append([alert])
        else:
            home.append(alert)
    letters = ascii_uppercase[:MOST_LISTED]
    return [
        AlertMark(place[0], len(place), letters[number] if number < len(letters) else "")
        for number, place in enumerate(places)
    ]


def are_one_place(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    """Whether two shapes lie on one another."""
    smaller = min(one.area, other.area)
    return bool(smaller) and shapely.intersection(one, other).area >= SAME_PLACE * smaller


def draw_marks(drawing: Drawing, marks: Sequence[AlertMark], levels: Mapping[int, str]) -> int:
    """Draw marks at their places or aside of them, never over one another; returns how many found no room."""
    points = [at(drawing, mark) for mark in marks]
    left_out = 0
    for place, (mark, point) in enumerate(zip(marks, points, strict=True)):
        words = mark.words(levels)
        others = [shapely.Point(other).buffer(0.9) for number, other in enumerate(points) if number != place]
        box = room_for(drawing, point, text_width(words, SIZE) + 2.4, others)
        if box is None:
            left_out += 1
            continue
        draw_mark(drawing, words, ALERT_LIGHT[mark.alert.level], point, box)
    return left_out


def at(drawing: Drawing, mark: AlertMark) -> tuple[float, float]:
    """Where a mark belongs [mm]."""
    point = shapely.point_on_surface(mark.alert.outline)
    return drawing.frame.x(point.x), drawing.frame.y(point.y)


def room_for(
    drawing: Drawing, point: tuple[float, float], width: float, others: Sequence[shapely.Geometry]
) -> shapely.Polygon | None:
    """The box nearest to a point that covers neither another mark nor label nor place, nor does its leader."""
    page = shapely.box(0, 0, drawing.frame.width_mm, drawing.frame.height_mm)
    hidden = [*drawing.taken, *others]
    for aside in (0.0, *(STEP_MM * number for number in range(1, int(FARTHEST_MM / STEP_MM) + 1))):
        for turn in range(DIRECTIONS if aside else 1):
            angle = 2 * pi * turn / DIRECTIONS
            x, y = point[0] + aside * cos(angle), point[1] + aside * sin(angle)
            box = shapely.box(x - width / 2, y - HEIGHT / 2, x + width / 2, y + HEIGHT / 2)
            leader = shapely.LineString([point, (x, y)])
            reach = shapely.union(box, leader) if aside else box
            if page.contains(box) and not any(reach.intersects(one) for one in hidden):
                return box
    return None


def draw_mark(drawing: Drawing, words: str, colour: str, point: tuple[float, float], box: shapely.Polygon) -> None:
    """A level's tag; on a leader line with a dot at its end where it stands aside."""
    left, top, right, bottom = box.bounds
    middle = ((left + right) / 2, (top + bottom) / 2)
    if not box.buffer(0.1).contains(shapely.Point(point)):
        line = f"M{point[0]:.2f} {point[1]:.2f}L{middle[0]:.2f} {middle[1]:.2f}"
        for stroke, width in (("#FFFFFF", 0.9), (LIGHT.text, 0.35)):
            drawing.shape(line, fill="none", stroke=stroke, stroke_width=width)
        drawing.parts.append(
            f'<circle cx="{point[0]:.2f}" cy="{point[1]:.2f}" r="0.7" fill="{LIGHT.text}" stroke="#FFFFFF"'
            ' stroke-width="0.25"/>'
        )
        drawing.taken.append(shapely.LineString([point, middle]))
    drawing.taken.append(box.buffer(0.3))
    drawing.rectangle(left, top, right - left, bottom - top, fill=colour, stroke=LIGHT.text, stroke_width=0.25, rx=0.4)
    drawing.text(middle[0], top + 3.2, words, size=SIZE, bold=True, halo=False)


def list_box(marks: Sequence[AlertMark]) -> shapely.Polygon:
    """Where legend and list stand, at the upper left [mm]."""
    lines = sum(bool(mark.letter) for mark in marks) + any(not mark.letter for mark in marks)
    return shapely.box(0, 0, LIST_WIDTH if lines else LEGEND_WIDTH, 11.0 + LINE * lines)


def draw_alert_legend(drawing: Drawing, texts: Texts, words: Mapping[int, str], *, box: shapely.Polygon) -> None:
    """The four levels by colour and word."""
    _, _, right, lower = box.bounds
    drawing.rectangle(-2, -1, right + 2, lower + 1, fill="#FFFFFF", fill_opacity=0.88)
    drawing.text(0, 3.6, texts("report.alerts.legend"), size=3.5, bold=True, anchor="start")
    left = 0.0
    for level in (1, 2, 3, 4):
        width = max(8.0, text_width(words[level], 3) + 3)
        drawing.rectangle(
            left, 5.4, width, SWATCH_HEIGHT, fill=ALERT_LIGHT[level], stroke=LIGHT.text, stroke_width=0.2, rx=0.4
        )
        drawing.text(left + width / 2, 8.9, words[level], size=3, bold=True, halo=False)
        left += width + 2


def draw_alert_list(drawing: Drawing, texts: Texts, scope: Scope, marks: Sequence[AlertMark], *, left_out: int) -> None:
    """The gravest places by their letters, and that of others only the level is written, or only the shape is drawn."""
    base = 11.0 + LINE
    for mark in marks:
        if not mark.letter:
            break
        alert = mark.alert
        said = texts(
            "report.alerts.listed",
            letter=mark.letter,
            place=alert.unit_name or texts("alerts.whole"),
            what=rule_title(alert.rule, alert.rule_name, texts),
            day=alert.raised_at.astimezone(ZoneInfo(scope.timezone)).day,
        )
        drawing.text(0, base, said, size=2.8, anchor="start")
        base += LINE
    others = len(marks) - sum(bool(mark.letter) for mark in marks)
    if others:
        said = texts("report.alerts.others", n=others)
        drawing.text(
            0, base, said + (texts("report.alerts.left_out", n=left_out) if left_out else ""), size=2.8, anchor="start"
        )
