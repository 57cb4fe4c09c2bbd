"""The maps of the report's themes: demand, reach of resources, alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import shapely

from dashboard.look import ALERT_LIGHT, LIGHT
from dashboard.reports.alert_marks import alert_marks, draw_alert_legend, draw_alert_list, draw_marks, list_box
from dashboard.reports.chinese import one_decimal
from dashboard.reports.drawing import (
    Drawing,
    draw_borders,
    draw_community_labels,
    draw_furniture,
    draw_ground,
    draw_road_labels,
    draw_roads_over,
    frame_around,
    hatch,
    shrunken,
    text_width,
    union,
)
from dashboard.reports.facts import Scope
from dashboard.reports.reach import STEPS_MIN
from gis.texts import Texts

#: the map's area on the page [mm]
WIDTH_MM, HEIGHT_MM = 182.0, 106.0
SWATCH_WIDTH, SWATCH_HEIGHT = 14.6, 3.6
#: left of the map of one community, for its legend [mm]
LEGEND_MM = 66.0


def class_index(values: pd.Series, limits: Sequence[float]) -> pd.Series:
    """The class of each value: 0 below the first limit; a value on a limit belongs to the class above it."""
    return pd.Series(
        pd.cut(values, [-float("inf"), *limits, float("inf")], right=False, labels=False), index=values.index
    )


def class_words(texts: Texts, limits: Sequence[float]) -> list[str]:
    """不足25, 25—40, …, 90及以上."""
    shown = [f"{limit:g}" for limit in limits]
    middle = [texts("report.between", low=low, high=high) for low, high in pairwise(shown)]
    return [texts("report.below", limit=shown[0]), *middle, texts("report.above", limit=shown[-1])]


def start_map(ground: pd.DataFrame, scope: Scope) -> Drawing:
    """Begin a map that fits the reported area, with its ground drawn."""
    shape, beside_mm = union(ground, "district"), 0.0
    if scope.community_code:
        chosen = ground[(ground["part"] == "community") & (ground["subkind"] == scope.community_code)]
        # one community has no empty corner: it stands at the right of the legend
        shape, beside_mm = chosen["outline"].iloc[0].buffer(150), LEGEND_MM
    fitted = frame_around(shape, width_mm=WIDTH_MM - beside_mm, height_mm=HEIGHT_MM)
    drawing = Drawing(replace(fitted, west=fitted.west - beside_mm / fitted.mm_per_m, width_mm=WIDTH_MM))
    draw_ground(drawing, ground)
    return drawing


def finish_map(drawing: Drawing, ground: pd.DataFrame, scope: Scope, texts: Texts, figures: pd.Series) -> str:
    """Draw borders, labels and furniture over the theme."""
    draw_borders(drawing, ground, emphasised=scope.community_code)
    draw_community_labels(drawing, ground, figures)
    draw_road_labels(drawing, ground)
    draw_furniture(
        drawing, north=texts("report.north"), schematic=texts("report.schematic") if scope.schematic else None
    )
    return drawing.svg()


def draw_legend(
    drawing: Drawing,
    title: str,
    swatches: Sequence[tuple[str, str]],
    *,
    hatched: str | None = None,
    hatch_colour: str = LIGHT.few_hatch,
) -> float:
    """Draw a legend at the upper left: (colour, word) swatches in a row, a hatched one last.

    Returns its lower edge [mm].
    """
    width = legend_width(swatches, hatched)
    drawing.taken.append(shapely.box(0, 0, width, 20))
    with drawing.on_top():
        drawing.rectangle(-2, -1, width + 3, 19, fill="#FFFFFF", fill_opacity=0.88)
        drawing.text(0, 3.6, title, size=3.5, bold=True, anchor="start")
        left = 0.0
        for colour, word in swatches:
            drawing.rectangle(
                left, 5.4, SWATCH_WIDTH, SWATCH_HEIGHT, fill=colour, stroke=LIGHT.second_text, stroke_width=0.15
            )
            drawing.text(left, 12.4, word, size=2.8, anchor="start")
            left += max(SWATCH_WIDTH, text_width(word, 2.8)) + 1.2
        if hatched:
            box = shapely.box(0, 0, SWATCH_WIDTH, SWATCH_HEIGHT)
            drawing.rectangle(
                left, 5.4, SWATCH_WIDTH, SWATCH_HEIGHT, fill="#FFFFFF", stroke=LIGHT.second_text, stroke_width=0.15
            )
            # the legend's own small hatch, in page millimetres
            strokes = [
                line.coords for line in shapely.get_parts(hatch(box, step_m=1.1)) if line.geom_type == "LineString"
            ]
            data = "".join(f"M{left + a[0]:.2f} {9 - a[1]:.2f}L{left + b[0]:.2f} {9 - b[1]:.2f}" for a, b in strokes)
            drawing.shape(data, stroke=hatch_colour, stroke_width=0.22, fill="none")
            drawing.text(left, 12.4, hatched, size=2.8, anchor="start")
            left += max(SWATCH_WIDTH, text_width(hatched, 2.8)) + 1.2
    return 13.5


def legend_width(swatches: Sequence[tuple[str, str]], hatched: str | None) -> float:
    """How wide a legend's swatches with their words are [mm]."""
    words = [word for _, word in swatches] + ([hatched] if hatched else [])
    return sum(max(SWATCH_WIDTH, text_width(word, 2.8)) + 1.2 for word in words)


def draw_cells(drawing: Drawing, cells: pd.DataFrame, classes: pd.Series, colours: Sequence[str]) -> None:
    """Fill cells by class, one path a class; a cell without a class stays as it is."""
    shapes = pd.Series(shrunken(cells["outline"]), index=cells.index)
    for index, colour in enumerate(colours):
        chosen = shapes[classes == index]
        if len(chosen):
            drawing.path(shapely.MultiPolygon(list(chosen)), fill=colour, stroke="none", fill_opacity=0.92)


def draw_hatched(drawing: Drawing, cells: pd.DataFrame, *, colour: str, width: float) -> None:
    """Hatch cells as one shape, so that the hatch runs through."""
    if len(cells):
        drawing.path(
            hatch(shapely.union_all(cells["outline"].to_numpy())), fill="none", stroke=colour, stroke_width=width
        )


def demand_map(
    texts: Texts,
    scope: Scope,
    ground: pd.DataFrame,
    cells: pd.DataFrame,
    table: pd.DataFrame,
    *,
    limits: Sequence[float],
    few: int,
) -> str:
    """Draw requests per 1 000 persons per cell; communities carry the rates of the table."""
    drawing = start_map(ground, scope)
    draw_cells(drawing, cells, class_index(cells["per_1000"], limits), LIGHT.demand)
    draw_hatched(drawing, cells[cells["per_1000"].isna()], colour=LIGHT.few_hatch, width=0.22)
    draw_roads_over(drawing, ground)
    lower = draw_legend(
        drawing,
        texts("report.demand.legend"),
        list(zip(LIGHT.demand, class_words(texts, limits), strict=True)),
        hatched=texts("report.demand.few", few=few),
    )
    draw_apartments(drawing, ground, texts, below=lower)
    return finish_map(drawing, ground, scope, texts, table["per_1000"].map(one_decimal))


def draw_apartments(drawing: Drawing, ground: pd.DataFrame, texts: Texts, *, below: float) -> None:
    """Mark the migrant apartments by triangles, and say so in the legend."""
    for point in ground.loc[ground["part"] == "apartment", "outline"]:
        x, y = drawing.frame.x(point.x), drawing.frame.y(point.y)
        drawing.shape(triangle(x, y), fill=LIGHT.text, stroke="#FFFFFF", stroke_width=0.4)
        drawing.taken.append(shapely.box(x - 2, y - 2, x + 2, y + 2))
    with drawing.on_top():
        drawing.shape(triangle(1.6, below + 2.6), fill=LIGHT.text)
        drawing.text(4.4, below + 3.8, texts("report.apartment"), size=2.8, anchor="start")


def triangle(x: float, y: float) -> str:
    return f"M{x:.2f} {y - 1.6:.2f}L{x + 1.6:.2f} {y + 1.2:.2f}H{x - 1.6:.2f}Z"


def reach_map(
    texts: Texts,
    scope: Scope,
    ground: pd.DataFrame,
    cells: pd.DataFrame,
    minutes: pd.Series,
    stations: pd.DataFrame,
    figures: pd.Series,
) -> str:
    """Draw walking time to the nearest ready station: near is dark, gaps are hatched in black."""
    drawing = start_map(ground, scope)
    near_first = LIGHT.reach[::-1]
    drawn = cells.loc[~cells["cell"].duplicated()]
    classes = pd.cut(minutes.loc[drawn.index], [-1, *STEPS_MIN], labels=False)
    draw_cells(drawing, drawn, pd.Series(classes, index=drawn.index), near_first)
    gap = drawn[minutes.loc[drawn.index] > STEPS_MIN[-1]]
    draw_hatched(drawing, gap, colour=LIGHT.gap_hatch, width=0.26)
    if len(gap):
        drawing.path(
            shapely.boundary(shapely.union_all(gap["outline"].to_numpy())),
            fill="none",
            stroke=LIGHT.gap_hatch,
            stroke_width=0.35,
        )
    draw_roads_over(drawing, ground)
    words = [texts("report.within", minutes=STEPS_MIN[0])]
    words += [texts("report.between", low=low, high=high) for low, high in pairwise(STEPS_MIN)]
    lower = draw_legend(
        drawing,
        texts("report.resources.legend"),
        list(zip(near_first, words, strict=True)),
        hatched=texts("report.beyond"),
        hatch_colour=LIGHT.gap_hatch,
    )
    for point, status in zip(stations["outline"], stations["status"], strict=True):
        draw_station(drawing, drawing.frame.x(point.x), drawing.frame.y(point.y), ready=status == "ready")
    with drawing.on_top():
        draw_station(drawing, 1.6, lower + 2.6, ready=True)
        drawing.text(4.6, lower + 3.7, texts("report.resources.mark.ready"), size=2.8, anchor="start")
        after = 4.6 + text_width(texts("report.resources.mark.ready"), 2.8) + 4
        draw_station(drawing, after, lower + 2.6, ready=False)
        drawing.text(after + 3, lower + 3.7, texts("report.resources.mark.out"), size=2.8, anchor="start")
    return finish_map(drawing, ground, scope, texts, figures)


def draw_station(drawing: Drawing, x: float, y: float, *, ready: bool) -> None:
    """A tile: filled when ready, hollow and struck when not."""
    drawing.rectangle(
        x - 1.5,
        y - 1.5,
        3,
        3,
        fill=LIGHT.text if ready else "#FFFFFF",
        stroke="#FFFFFF" if ready else LIGHT.text,
        stroke_width=0.3,
        rx=0.4,
    )
    if not ready:
        drawing.shape(f"M{x - 1.5:.2f} {y + 1.5:.2f}L{x + 1.5:.2f} {y - 1.5:.2f}", stroke=LIGHT.text, stroke_width=0.35)
    drawing.taken.append(shapely.box(x - 1.8, y - 1.8, x + 1.8, y + 1.8))


def alerts_map(
    texts: Texts, scope: Scope, ground: pd.DataFrame, alerts: pd.DataFrame, figures: pd.Series, words: Mapping[int, str]
) -> str:
    """Draw the month's alerts by outline and marks; graver ones are wider and on top, the gravest are listed."""
    drawing = start_map(ground, scope)
    draw_roads_over(drawing, ground)
    placed = alerts[alerts["outline"].notna()].sort_values("level", ascending=False)
    widths = {1: 1.1, 2: 0.9, 3: 0.6, 4: 0.6}
    for level, outline in zip(placed["level"], placed["outline"], strict=True):
        drawing.path(
            outline,
            fill=ALERT_LIGHT[level],
            fill_opacity=0.25,
            stroke=LIGHT.text,
            stroke_width=widths[level] + 0.5,
            stroke_linejoin="round",
        )
        drawing.path(
            outline, fill="none", stroke=ALERT_LIGHT[level], stroke_width=widths[level], stroke_linejoin="round"
        )
    draw_borders(drawing, ground, emphasised=scope.community_code)
    marks = alert_marks(placed)
    listed = [mark for mark in marks if mark.letter]
    drawing.taken.append(list_box(marks))
    draw_marks(drawing, listed, words)
    draw_community_labels(drawing, ground, figures)
    left_out = draw_marks(drawing, marks[len(listed) :], words)
    with drawing.on_top():
        draw_alert_legend(drawing, texts, words, box=list_box(marks))
        draw_alert_list(drawing, texts, scope, marks, left_out=left_out)
    draw_road_labels(drawing, ground)
    draw_furniture(
        drawing, north=texts("report.north"), schematic=texts("report.schematic") if scope.schematic else None
    )
    return drawing.svg()
