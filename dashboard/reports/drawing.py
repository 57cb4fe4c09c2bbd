"""A map as SVG: the ground, cells by class, borders, marks and labels, in the district's metric system.

Everything is a vector. Hatches are drawn as lines cut to the shape, since PDF readers differ about patterns. Text is
text, so that it can be copied; its halo is drawn beneath it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import shapely

from dashboard.look import LIGHT

SANS = "'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"

#: metres on the ground between two hatch lines
HATCH_STEP_M = 62.0
ROAD_WIDTH = {"main": 0.55, "second": 0.4, "minor": 0.25}


@dataclass(frozen=True)
class Frame:
    """From the metric system [m] to the page [mm], y down."""

    west: float
    north: float
    mm_per_m: float
    width_mm: float
    height_mm: float

    def x(self, east: float) -> float:
        return (east - self.west) * self.mm_per_m

    def y(self, north: float) -> float:
        return (self.north - north) * self.mm_per_m


def frame_around(shape: shapely.Geometry, *, width_mm: float, height_mm: float, margin_mm: float = 2.0) -> Frame:
    """Fit a shape into a page area, centred, with the same scale both ways."""
    west, south, east, north = shape.bounds
    mm_per_m = min((width_mm - 2 * margin_mm) / (east - west), (height_mm - 2 * margin_mm) / (north - south))
    spare_x = width_mm / mm_per_m - (east - west)
    spare_y = height_mm / mm_per_m - (north - south)
    return Frame(west - spare_x / 2, north + spare_y / 2, mm_per_m, width_mm, height_mm)


@dataclass
class Drawing:
    """One SVG being drawn, bottom first. `taken` holds the boxes of labels, so that none covers another [mm]."""

    frame: Frame
    parts: list[str] = field(default_factory=list)
    taken: list[shapely.Geometry] = field(default_factory=list)
    #: drawn over everything else
    top: list[str] = field(default_factory=list)

    def path(self, shape: shapely.Geometry, **style: object) -> None:
        """Draw any geometry as one path."""
        if shape is not None and not shape.is_empty:
            self.parts.append(f'<path d="{path_data(self.frame, shape)}"{attributes(style)}/>')

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float,
        bold: bool = False,
        colour: str = LIGHT.text,
        anchor: str = "middle",
        halo: bool = True,
    ) -> None:
        """Write a line of text with its baseline at (x, y) [mm]; the halo lies beneath."""
        style = {
            "x": f"{x:.2f}",
            "y": f"{y:.2f}",
            "font_size": size,
            "text_anchor": anchor,
            "font_family": SANS,
            "font_weight": 700 if bold else 400,
        }
        if halo:
            edge = {
                "fill": "none",
                "stroke": "#FFFFFF",
                "stroke_width": round(size * 0.32, 2),
                "stroke_linejoin": "round",
            }
            self.parts.append(f"<text{attributes(style | edge)}>{escape(content)}</text>")
        self.parts.append(f"<text{attributes(style | {'fill': colour})}>{escape(content)}</text>")

    def rectangle(self, x: float, y: float, width: float, height: float, **style: object) -> None:
        """Draw a rectangle [mm]."""
        place = {"x": f"{x:.2f}", "y": f"{y:.2f}", "width": f"{width:.2f}", "height": f"{height:.2f}"}
        self.parts.append(f"<rect{attributes(place | style)}/>")

    def shape(self, data: str, **style: object) -> None:
        """Draw path data given in page coordinates [mm]."""
        self.parts.append(f'<path d="{data}"{attributes(style)}/>')

    def label(self, x: float, y: float, lines: Sequence[tuple[str, float, bool]]) -> bool:
        """Put a centred label of (text, size, bold) lines near (x, y) [mm] where it covers no other.

        Returns whether it fitted; what does not fit is left out.
        """
        width = max(text_width(content, size) for content, size, _ in lines)
        height = sum(size * 1.2 for _, size, _ in lines)
        for shift_x, shift_y in spiral(step=height * 0.5):
            left, top = x + shift_x - width / 2, y + shift_y - height / 2
            box = shapely.box(left, top, left + width, top + height)
            inside = (
                left >= 0 and left + width <= self.frame.width_mm and top >= 0 and top + height <= self.frame.height_mm
            )
            if inside and not any(box.intersects(other) for other in self.taken):
                self.taken.append(box.buffer(0.6))
                baseline = top
                for content, size, bold in lines:
                    baseline += size * 1.2
                    self.text(left + width / 2, baseline - size * 0.28, content, size=size, bold=bold)
                return True
        return False

    @contextmanager
    def on_top(self) -> Iterator[None]:
        """Draw what stands over everything, whenever it is drawn: legends."""
        below, self.parts = self.parts, self.top
        try:
            yield
        finally:
            self.parts = below

    def svg(self) -> str:
        """The finished picture."""
        width, height = self.frame.width_mm, self.frame.height_mm
        size = f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join((*self.parts, *self.top))}</svg>'


def spiral(*, step: float, turns: int = 6) -> Iterable[tuple[float, float]]:
    """Offsets to try for a label: none, then rings ever farther out."""
    yield 0.0, 0.0
    for ring in range(1, turns + 1):
        for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
            yield float(np.cos(angle)) * step * ring * 1.6, float(np.sin(angle)) * step * ring


def text_width(content: str, size: float) -> float:
    """Width of a line, near enough: a Chinese character is as wide as high, a Latin one a little over half."""
    return sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in content)


def path_data(frame: Frame, shape: shapely.Geometry) -> str:
    """SVG path data of any geometry, two decimals of a millimetre."""
    pieces: list[str] = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            pieces.extend(ring_data(frame, ring.coords, closed=True) for ring in (part.exterior, *part.interiors))
        elif part.geom_type in ("LineString", "LinearRing"):
            pieces.append(ring_data(frame, part.coords, closed=False))
        elif part.geom_type.startswith(("Multi", "Geometry")):
            pieces.append(path_data(frame, part))
    return "".join(pieces)


def ring_data(frame: Frame, coordinates: Any, *, closed: bool) -> str:
    points = [f"{frame.x(east):.2f} {frame.y(north):.2f}" for east, north, *_ in coordinates]
    return "M" + "L".join(points) + ("Z" if closed else "")


def attributes(style: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())


def hatch(shape: shapely.Geometry, *, step_m: float = HATCH_STEP_M) -> shapely.Geometry:
    """Diagonal lines over a shape, cut to it [metric system]."""
    if shape.is_empty:
        return shape
    west, south, east, north = shape.bounds
    reach = (east - west) + (north - south)
    # lines start on a fixed lattice, so that neighbouring hatches meet
    first = np.floor((west - (north - south)) / step_m) * step_m
    starts = np.arange(first, first + reach + 2 * step_m, step_m)
    lines = [shapely.LineString([(start, south), (start + north - south, north)]) for start in starts]
    return shapely.intersection(shapely.MultiLineString(lines), shape)


def shrunken(cells: pd.Series, share: float = 0.96) -> list[shapely.Geometry]:
    """Cells a little smaller about their centres, so that they read as a texture."""
    factor = share**0.5
    return [
        shapely.transform(
            cell, lambda points, centre=cell.centroid: (points - [centre.x, centre.y]) * factor + [centre.x, centre.y]
        )
        for cell in cells
    ]


def draw_ground(drawing: Drawing, ground: pd.DataFrame) -> None:
    """Draw land, hills, water and roads, cut to the district but for roads, which fade beyond it."""
    district = union(ground, "district")
    drawing.path(district, fill=LIGHT.ground, stroke="none")
    drawing.path(shapely.intersection(union(ground, "hill"), district), fill=LIGHT.hills, stroke="none")
    drawing.path(union(ground, "water"), fill=LIGHT.water, stroke="none")
    roads = ground[ground["part"] == "road"]
    near = district.buffer(250)
    for road_class in ("minor", "second", "main"):
        lines = shapely.union_all(roads.loc[roads["subkind"] == road_class, "outline"].to_numpy())
        drawing.path(
            shapely.intersection(lines, near),
            fill="none",
            stroke=LIGHT.road_main,
            stroke_width=ROAD_WIDTH[road_class] * 1.3,
            stroke_linecap="round",
        )


def draw_roads_over(drawing: Drawing, ground: pd.DataFrame) -> None:
    """Draw the larger roads again as thin lines through the cells."""
    roads = ground[(ground["part"] == "road") & ground["subkind"].isin(["main", "second"])]
    drawing.path(
        shapely.union_all(roads["outline"].to_numpy()),
        fill="none",
        stroke="#FFFFFF",
        stroke_width=0.35,
        stroke_opacity=0.75,
    )


def draw_borders(drawing: Drawing, ground: pd.DataFrame, *, emphasised: str | None = None) -> None:
    """Draw community lines with a casing, then the district's; the reported community stands out."""
    communities = ground[ground["part"] == "community"]
    lines = shapely.union_all(shapely.boundary(communities["outline"].to_numpy()))
    drawing.path(lines, fill="none", stroke="#FFFFFF", stroke_width=1.1, stroke_linejoin="round")
    drawing.path(lines, fill="none", stroke=LIGHT.community_line, stroke_width=0.4, stroke_linejoin="round")
    drawing.path(
        shapely.boundary(union(ground, "district")),
        fill="none",
        stroke=LIGHT.district_line,
        stroke_width=0.75,
        stroke_linejoin="round",
    )
    if emphasised:
        chosen = communities.loc[communities["subkind"] == emphasised, "outline"]
        drawing.path(
            shapely.boundary(chosen.iloc[0]),
            fill="none",
            stroke=LIGHT.district_line,
            stroke_width=1.1,
            stroke_linejoin="round",
        )


def draw_community_labels(drawing: Drawing, ground: pd.DataFrame, values: pd.Series) -> None:
    """Name each community, with its figure beneath where there is one (text by code)."""
    communities = ground[ground["part"] == "community"]
    figures = {str(code): str(value) for code, value in values.items()}
    for name, code, outline in zip(communities["name"], communities["subkind"], communities["outline"], strict=True):
        centre = shapely.maximum_inscribed_circle(outline, tolerance=50)
        x, y = shapely.get_coordinates(centre)[0]
        lines = [(str(name).removesuffix("社区").removesuffix(" Community"), 4.0, True)]
        if code in figures:
            lines.append((figures[code], 3.2, False))
        drawing.label(drawing.frame.x(x), drawing.frame.y(y), lines)


def draw_road_labels(drawing: Drawing, ground: pd.DataFrame, *, most: int = 6) -> None:
    """Name the longest main roads at their middle, where there is room."""
    roads = ground[(ground["part"] == "road") & (ground["subkind"] == "main")]
    longest = roads.assign(length_m=shapely.length(roads["outline"].to_numpy())).nlargest(most, "length_m")
    district = union(ground, "district")
    for row in longest.itertuples():
        inside = shapely.intersection(row.outline, district)
        if inside.is_empty:
            continue
        longest_piece = max(
            shapely.get_parts(shapely.line_merge(inside) if inside.geom_type == "MultiLineString" else inside),
            key=shapely.length,
        )
        point = shapely.line_interpolate_point(longest_piece, 0.8, normalized=True)
        if not point.is_empty:
            drawing.label(drawing.frame.x(point.x), drawing.frame.y(point.y), [(str(row.name), 2.6, False)])


def draw_furniture(drawing: Drawing, *, north: str, schematic: str | None) -> None:
    """Draw the scale bar, the north arrow and, where it applies, 示意."""
    frame = drawing.frame
    length = 1000 * frame.mm_per_m
    base = frame.height_mm - 2.0
    bar = f"M1 {base - 1.8:.2f}V{base:.2f}H{1 + length:.2f}V{base - 1.8:.2f}"
    drawing.shape(bar, fill="none", stroke=LIGHT.text, stroke_width=0.3)
    drawing.text(1 + length + 1.5, base, "1 km", size=2.8, anchor="start")
    right = frame.width_mm - 4
    arrow = f"M{right:.2f} 5L{right + 1.7:.2f} 10.5L{right:.2f} 9.3L{right - 1.7:.2f} 10.5Z"
    drawing.shape(arrow, fill=LIGHT.text)
    drawing.text(right, 14, north, size=2.8)
    if schematic:
        width = text_width(schematic, 2.8) + 6
        left = frame.width_mm - width - 0.5
        drawing.rectangle(left, base - 4.6, width, 5.6, fill="#FFFFFF", stroke=LIGHT.text, stroke_width=0.25)
        drawing.text(left + width / 2, base - 0.8, schematic, size=2.8, halo=False)


def union(ground: pd.DataFrame, part: str) -> shapely.Geometry:
    """Everything of one part of the ground as one shape."""
    return shapely.union_all(ground.loc[ground["part"] == part, "outline"].to_numpy())
