"""The sign-in page and the page that says one sentence; plain HTML in look.md's light tokens."""

from functools import lru_cache
from importlib.resources import files

from fastapi.responses import HTMLResponse
from jinja2 import DictLoader, Environment, select_autoescape

from dashboard.errors import status_of
from gis.errors import FengqiaoError
from gis.texts import LANGUAGES, Texts

TEMPLATES = ("frame.html", "sign_in.html", "sentence.html", "authority.html")
#: nothing of these pages is kept, framed, or loaded from elsewhere
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of this folder."""
    folder = files("dashboard.sign_in")
    sources = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in TEMPLATES}
    return Environment(
        loader=DictLoader(sources), autoescape=select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True
    )


def sign_in_page(
    texts: Texts, *, target: str, name: str = "", problem: str | None = None, status: int = 200
) -> HTMLResponse:
    """Return the sign-in page; `problem` is the key of what went wrong, `target` where to go afterwards."""
    other = next(language for language in LANGUAGES if language != texts.language)
    page = (
        environment()
        .get_template("sign_in.html")
        .render(texts=texts, target=target, name=name, problem=problem, other=other)
    )
    return HTMLResponse(page, status_code=status, headers=PAGE_HEADERS)


def sentence_page(texts: Texts, error: FengqiaoError) -> HTMLResponse:
    """Return a page that says what kept somebody from a page, and what they can do."""
    status = status_of(error)
    page = environment().get_template("sentence.html").render(texts=texts, status=status)
    return HTMLResponse(page, status_code=status, headers=PAGE_HEADERS)
