"""One Dash app on the server we share: its routes under its own prefix, and its page for every path below it.

Dash promises neither the catch-all's name nor that of its set-up; both are named here and nowhere else.
"""

from collections.abc import Callable
from html import escape
from importlib.resources import files
from typing import Any

from dash import Dash
from dash.backends._fastapi import get_current_request, reset_current_request, set_current_request
from dash.development.base_component import Component
from fastapi import FastAPI, Request, Response

from access.sessions import Session
from dashboard.services import session_of
from gis.texts import Texts

__all__ = ["asking_session", "mount_dash"]


#: the page before any script: titles come with the layout, colours with the page itself
INDEX = """<!DOCTYPE html>
<html lang="{%language%}">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{%title%}</title>
<style>VARIABLES</style>
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


class SpokenDash(Dash):
    """A Dash app whose page carries the language and the title of whoever opens it; Dash knows one title for all."""

    title_key: str
    texts: Callable[[], Texts]

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # Dash gives them by name
        """Fill the page; called for every page that is opened."""
        texts = self.texts()
        parts["title"] = escape(texts(self.title_key))
        page = super().interpolate_index(**parts)  # type: ignore[no-untyped-call]
        return str(page).replace("{%language%}", "zh-CN" if texts.language == "zh" else "en")


def mount_dash(
    server: FastAPI,
    *,
    name: str,
    layout: Callable[[], Component],
    title: str,
    texts: Callable[[], Texts],
    variables: str,
    check: Callable[[str], object] = str,
    **options: Any,
) -> Dash:
    """Put the Dash app `dashboard.<name>` on the server: `/<name>/{anything}` is its page, static/<name> its assets.

    Parameters
    ----------
    layout
        Called for every page that is opened; the request being answered is known meanwhile (`asking_session`).
    title
        Key of the page's title.
    texts
        The catalogue in the language of whoever opens the page; called for every page. A script may set another.
    variables
        The look's tokens as CSS custom properties.
    check
        Called with what stands behind the prefix; raises for what is no page.
    """
    app = SpokenDash(
        f"dashboard.{name}",
        server=server,  # type: ignore[arg-type]  # any server of a known backend is taken
        url_base_pathname=f"/{name}/",
        assets_folder=str(files("dashboard").joinpath("static", name)),
        update_title="",
        suppress_callback_exceptions=True,
        index_string=INDEX.replace("VARIABLES", variables),
        **options,
    )
    app.title_key, app.texts = title, texts
    app.layout = layout
    # Dash would answer every path of the whole server that nobody else knows with this page
    app.backend._setup_catchall = lambda: None  # type: ignore[attr-defined]

    def page(rest: str, request: Request) -> Response:
        check(rest)
        token = set_current_request(request)  # type: ignore[no-untyped-call]
        try:
            # Dash looks for its assets before the first request to its own prefix, which this is not; once is enough
            app._setup_server()  # type: ignore[no-untyped-call]
            return Response(app.index(), media_type="text/html", headers={"Cache-Control": "no-cache"})  # type: ignore[no-untyped-call]
        finally:
            reset_current_request(token)  # type: ignore[no-untyped-call]

    server.add_api_route(f"/{name}/{{rest}}", page, methods=["GET"], include_in_schema=False)
    return app


def asking_session() -> Session:
    """The session of whoever asks for the layout or the callback that is being answered."""
    request: Request = get_current_request()
    return session_of(request)
