"""待落图: the page around the queue. What moves is drawn by static/office/unplaced*.js over /api/unplaced."""

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.office.page import OfficePage, Visit
from dashboard.office.parts import keys_row

#: who may decide; auditors only look
DECIDES = frozenset({"duty_officer", "commander", "operator"})
KEYS = (
    (("J", "K"), "move"),
    (("1–9",), "choose"),
    (("Enter",), "confirm"),
    (("P",), "point"),
    (("A",), "alias"),
    (("O",), "outside"),
    (("U",), "give_up"),
    (("Z",), "undo"),
    (("?",), "help"),
)


def layout(visit: Visit) -> Component:
    """Return the empty places of head, rows, map, panel and sheets, with the texts the script fills them by."""

    def part(name: str, kind: type[Component] = html.Div, **attributes: str | bool) -> Component:
        return kind(**{"className": f"unplaced-{name}", "data-part": name, **attributes})

    texts = visit.texts.under("office.unplaced.") | {
        f"group.{name}": said for name, said in visit.texts.under("unplaced.group.").items()
    }
    data: dict[str, Any] = {
        "data-texts": json.dumps(texts, ensure_ascii=False),
        "data-zone": str(visit.zone),
        "data-decides": "true" if visit.session.role in DECIDES else "false",
    }
    page: Component = html.Div(
        [
            part("head", html.Header),
            html.Div(
                [
                    part("list", html.Ul, role="listbox", **{"aria-label": visit.texts("office.unplaced.title")}),
                    html.Div([part("map"), part("panel", html.Section)], className="unplaced-ground"),
                ],
                className="unplaced-body",
            ),
            keys_row(visit.texts, [(keys, f"office.unplaced.key.{said}") for keys, said in KEYS]),
            part("sheet", hidden=True),
            part("told", html.P, hidden=True, role="status"),
        ],
        id=ids.OFFICE_UNPLACED,
        className="unplaced",
        **data,
    )
    return page


PAGE = OfficePage(slug="unplaced", group="work", roles=DECIDES | {"auditor"}, layout=layout)
