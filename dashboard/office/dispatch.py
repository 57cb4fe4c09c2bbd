"""派遣: incidents that wait for a worker. What moves is drawn by static/office/work-dispatch.js over /api/dispatch."""

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.office.page import OfficePage, Visit
from dashboard.office.parts import keys_row
from dashboard.office.unplaced import DECIDES

KEYS = ((("J", "K"), "move"), (("1–9",), "choose"), (("Enter",), "dispatch"), (("Z",), "undo"))


def layout(visit: Visit) -> Component:
    """Return the empty places of head, rows and workers, with the texts the script fills them by."""
    # ages, refusals and the like are said as on the page beside it
    texts = visit.texts.under("office.unplaced.") | visit.texts.under("office.dispatch.")
    data: dict[str, Any] = {"data-texts": json.dumps(texts, ensure_ascii=False)}
    label: dict[str, Any] = {"aria-label": visit.texts("office.dispatch.title"), "data-part": "list"}
    parts: dict[str, Any] = {name: {"data-part": name} for name in ("head", "panel", "told")}
    page: Component = html.Div(
        [
            html.Header(className="unplaced-head", **parts["head"]),
            html.Div(
                [
                    html.Ul(className="unplaced-list", role="listbox", **label),
                    html.Section(className="dispatch-panel unplaced-panel", **parts["panel"]),
                ],
                className="unplaced-body",
            ),
            keys_row(visit.texts, [(keys, f"office.dispatch.key.{said}") for keys, said in KEYS]),
            html.P(className="unplaced-told", hidden=True, role="status", **parts["told"]),
        ],
        id=ids.OFFICE_DISPATCH,
        className="unplaced dispatch",
        **data,
    )
    return page


PAGE = OfficePage(slug="dispatch", group="work", roles=DECIDES, layout=layout)
