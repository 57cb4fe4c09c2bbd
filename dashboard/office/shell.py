"""What stands around every page of the office: the bar with the pages, who is signed in, and the place for the page."""

from itertools import groupby

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from alerts.drills import running_drill
from dashboard import ids
from dashboard.look import ACTION, LIGHT
from dashboard.office.page import OfficePage, Visit
from dashboard.office.pages import page_named, pages_for
from gis.texts import Texts

#: how often an open page asks whether a drill runs [ms]
DRILL_ASKED_MS = 10_000
FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'
#: ten shades of the action's colour, as Mantine wants them; the seventh is the colour itself
ACTION_SHADES = [
    "#E3F1EE", "#C7E3DD", "#A3D0C7", "#7CBFB3", "#55A698", "#33897D", ACTION, "#00433F", "#003733", "#002B28",
]  # fmt: skip
THEME = {
    "fontFamily": FONTS,
    "fontFamilyMonospace": '"Noto Sans Mono CJK SC", Consolas, monospace',
    "primaryColor": "action",
    "primaryShade": 6,
    "colors": {"action": ACTION_SHADES},
    "defaultRadius": 4,
    "black": LIGHT.text,
}


def shell(visit: Visit) -> Component:
    """Return the office around an empty page; `frame` fills it by the address."""
    frame: Component = dmc.MantineProvider(
        html.Div(
            [
                dcc.Location(id=ids.OFFICE_ADDRESS, refresh="callback-nav"),
                html.Div(id=ids.OFFICE_BAR, className="office-bar", children=bar(visit, slug="")),
                html.Div(id=ids.OFFICE_DRILL, children=drill_strip(visit)),
                dcc.Interval(id=ids.OFFICE_DRILL_CLOCK, interval=DRILL_ASKED_MS),
                html.Main(id=ids.OFFICE_PAGE, className="office-page"),
                dmc.NotificationContainer(id=ids.OFFICE_NOTICES, position="top-center"),
            ],
            className="office",
        ),
        theme=THEME,
        forceColorScheme="light",
    )
    return frame


def drill_strip(visit: Visit) -> list[Component]:
    """Return the strip that marks every page while a drill runs; nothing without one."""
    with visit.services.asking(visit.session) as connection:
        drill = running_drill(connection, subdistrict_code=visit.session.subdistrict_code or "")
    if drill is None:
        return []
    return [html.Div(html.Span(f"{visit.texts('office.drills.mark')} · {drill.title}"), className="office-drill")]


def bar(visit: Visit, *, slug: str) -> list[Component]:
    """Return the bar: pages by group, the present one marked, and who is signed in."""
    texts = visit.texts
    groups = []
    for group, pages in groupby(pages_for(visit.session.role), key=lambda page: page.group):
        links = [
            dcc.Link(
                texts(f"office.{page.slug}.title"),
                href=f"/office/{page.slug}",
                className="office-link current" if page.slug == slug else "office-link",
            )
            for page in pages
        ]
        groups.append(
            html.Nav(links, className="office-group", **{"aria-label": texts(f"office.group.{group}")})  # type: ignore[arg-type]
        )
    who = html.Div(
        [
            html.Span(visit.session.title or visit.session.name),
            html.Form(
                html.Button(texts("office.sign_out"), type="submit", className="office-plain"),
                method="post",
                action="/sign-out",
            ),
        ],
        className="office-who",
    )
    return [html.Div(texts("office.title"), className="office-name"), *groups, who]


def page_content(visit: Visit, slug: str) -> Component:
    """Return what stands at an address: the page, the first page there is, or a sentence that there is none."""
    page = chosen_page(visit, slug)
    if page is None:
        return sentence(visit.texts, "office.no_such_page" if slug else "office.nothing_for_you")
    return html.Div(page.layout(visit), className=f"office-{page.slug}")


def chosen_page(visit: Visit, slug: str) -> OfficePage | None:
    """The page of the address; without a slug the first that the role sees."""
    if slug:
        return page_named(slug, visit.session.role)
    return next(iter(pages_for(visit.session.role)), None)


def sentence(texts: Texts, key: str) -> Component:
    """One sentence in place of a page."""
    return html.P(texts(key), className="office-sentence")
