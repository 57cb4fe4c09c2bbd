"""The register as a graph: sources, tables, what is given, and who uses it; an edge is a flow there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from dashboard.dictionary.schema import table_title
from dashboard.dictionary.uses import RESOURCES, Use, uses_by_table
from dashboard.look import ACTION, LIGHT
from dashboard.office.interfaces.picture import Standing
from gis.texts import Texts

COLUMNS = ("feeds", "tables", "outputs", "parties")
#: where the four columns stand, and on which side of their marks the words are
PLACES = {
    "feeds": (0.13, "middle left"),
    "tables": (0.40, "middle left"),
    "outputs": (0.64, "middle right"),
    "parties": (0.86, "middle right"),
}
#: words are cut to this [characters]
LONGEST = 14


@dataclass
class Graph:
    """Nodes by column in their order, and edges between them."""

    nodes: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=lambda: {column: {} for column in COLUMNS})
    edges: set[tuple[str, str]] = field(default_factory=set)

    def node(self, column: str, key: str, title: str, *, kept: bool = True) -> str:
        """Add a node unless it is there; returns its name."""
        shown = title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"
        known = self.nodes[column].get(key)
        self.nodes[column][key] = (shown, kept and (known[1] if known else True))
        return f"{column}/{key}"

    def edge(self, from_node: str, to_node: str) -> None:
        self.edges.add((from_node, to_node))


def build_graph(standing: Sequence[Standing], texts: Texts) -> Graph:
    """Lay the flows out: feed to table, table to what is given, what is given to who uses it."""
    graph, language = Graph(), texts.language
    uses = uses_by_table([one.row for one in standing], texts)
    pages = graph.node("parties", "pages", texts("interfaces.graph.pages"))
    for one in standing:
        row, kept = one.row, one.state == "kept"
        if row["feed"] and row["table_name"]:
            source = graph.node("feeds", row["feed"], row["title"][language], kept=kept)
            graph.edge(source, graph.node("tables", row["table_name"], table_title(row["table_name"], language)))
    for one in standing:
        row, kept = one.row, one.state == "kept"
        if row["direction"] == "taken" and row["consumer_id"]:
            source = graph.node("feeds", row["key"], row["party"][language], kept=kept)
            own = (row["table_name"],) if row["table_name"] else ()
            for table in RESOURCES.get(row["resource"], own):
                graph.edge(source, graph.node("tables", table, table_title(table, language)))
    counts = {"layer": set(), "figure": set()}  # type: dict[str, set[str]]
    for table in list(graph.nodes["tables"]):
        for use in uses.get(table, ()):
            if use.kind in counts:
                counts[use.kind].add(use.id)
    for one in standing:
        row = one.row
        if row["direction"] != "given" or not row["resource"]:
            continue
        output = graph.node("outputs", row["resource"], row["title"][language], kept=one.state == "kept")
        for table in RESOURCES.get(row["resource"], ()):
            if table in graph.nodes["tables"]:
                graph.edge(f"tables/{table}", output)
        if row["consumer_id"]:
            graph.edge(output, graph.node("parties", str(row["consumer_id"]), row["party"][language]))
        else:
            graph.edge(output, pages)
    summarised(graph, uses, counts, texts, pages)
    return graph


def summarised(graph: Graph, uses: Any, counts: dict[str, set[str]], texts: Texts, pages: str) -> None:
    """Layers and figures as one node each, with how many there are."""
    for kind, key in (("layer", "layers"), ("figure", "figures")):
        if counts[kind]:
            output = graph.node("outputs", key, texts(f"interfaces.graph.{key}", n=len(counts[kind])))
            graph.edge(output, pages)
            for table in graph.nodes["tables"]:
                if any(use.kind == kind for use in used(uses, table)):
                    graph.edge(f"tables/{table}", output)


def used(uses: Any, table: str) -> Iterable[Use]:
    found: Iterable[Use] = uses.get(table, ())
    return found


def graph_figure(graph: Graph, texts: Texts, *, height: int) -> go.Figure:
    """Draw the graph: marks filled where the interface is kept, hollow where it is not."""
    at = positions(graph)
    figure = go.Figure()
    figure.add_trace(edge_trace(graph, at))
    for column in COLUMNS:
        nodes = graph.nodes[column]
        x, side = PLACES[column]
        figure.add_trace(
            go.Scatter(
                x=[x] * len(nodes),
                y=[at[f"{column}/{key}"][1] for key in nodes],
                mode="markers",
                marker={
                    "symbol": ["square" if kept else "square-open" for _, kept in nodes.values()],
                    "size": 10,
                    "color": ACTION,
                    "line": {"width": 2, "color": ACTION},
                },
                hoverinfo="skip",
                cliponaxis=False,
            )
        )
        # words as annotations: their ground keeps the edges off them
        for key, (title, _) in nodes.items():
            figure.add_annotation(
                x=x, y=at[f"{column}/{key}"][1], text=title, showarrow=False, bgcolor=LIGHT.land, borderpad=1,
                xanchor="right" if side.endswith("left") else "left", xshift=-9 if side.endswith("left") else 9,
                font={"size": 13, "color": LIGHT.text},
            )  # fmt: skip
        figure.add_annotation(
            x=x, y=1.06, text=f"<b>{texts(f'interfaces.graph.{column}')}</b>", showarrow=False,
            xanchor="right" if side.endswith("left") else "left", font={"size": 13, "color": LIGHT.second_text},
        )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 6, "b": 4}, showlegend=False, paper_bgcolor=LIGHT.land,
        plot_bgcolor=LIGHT.land, font={"family": "Noto Sans CJK SC, sans-serif"}, dragmode=False,
        xaxis={"range": [0, 1], "visible": False, "fixedrange": True},
        yaxis={"range": [-0.02, 1.1], "visible": False, "fixedrange": True},
    )  # fmt: skip
    return figure


def positions(graph: Graph) -> dict[str, tuple[float, float]]:
    """Spread each column over the height, in an order that follows what it comes from."""
    found: dict[str, tuple[float, float]] = {}
    for column in COLUMNS:
        keys = list(graph.nodes[column])
        if column != "feeds":
            incoming = {
                key: [found[start][1] for start, end in graph.edges if end == f"{column}/{key}" and start in found]
                for key in keys
            }
            keys.sort(key=lambda key: -(sum(incoming[key]) / len(incoming[key])) if incoming[key] else 1.0)
        else:
            keys.sort(key=lambda key: sorted(end for start, end in graph.edges if start == f"feeds/{key}"))
        step = 1 / max(len(keys), 1)
        for place, key in enumerate(keys):
            found[f"{column}/{key}"] = (PLACES[column][0], 1 - (place + 0.5) * step)
    return found


def edge_trace(graph: Graph, at: dict[str, tuple[float, float]]) -> go.Scatter:
    """Every edge as a curve that leaves and arrives level; one trace with gaps."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for start, end in sorted(graph.edges):
        (x0, y0), (x1, y1) = at[start], at[end]
        steps = [step / 16 for step in range(17)]
        xs += [x0 + (x1 - x0) * step for step in steps] + [None]
        ys += [y0 + (y1 - y0) * (3 * step**2 - 2 * step**3) for step in steps] + [None]
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"width": 1, "color": LIGHT.road_label}, opacity=0.55, hoverinfo="skip"
    )
