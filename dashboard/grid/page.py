"""Serve the grid worker's page, and what a browser needs to install it and to open it without signal.

The page itself is the same for everybody: who somebody is, and what is theirs, comes over the API. So a phone can keep
it.
"""

import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from access.sessions import Session
from dashboard.services import Services
from gis.errors import NotFound
from gis.texts import LANGUAGES, Texts, texts_in

STATIC = files("dashboard").joinpath("grid", "static")
MEDIA_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
#: the browser may load nothing from elsewhere and run no script that is not a file of ours
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "style-src 'self' 'unsafe-inline'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def router(services: Services) -> APIRouter:
    """Mount /grid, its static files, its service worker and its manifest."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/grid")
    def page(request: Request) -> HTMLResponse:
        session: Session | None = request.scope["state"]["session"]
        return HTMLResponse(
            page_html(services.texts(session)),
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": CONTENT_POLICY},
        )

    @routes.get("/grid/static/{name}")
    def static(name: str) -> Response:
        file = static_files().get(name)
        if file is None:
            raise NotFound("nothing is served at /grid/static/{name}", name=name)
        return Response(
            file.read_bytes(), media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": "no-cache"}
        )

    @routes.get("/grid/service-worker.js")
    def service_worker() -> Response:
        # the version is in the script itself: a browser installs a worker anew when its bytes change
        script = f'const VERSION = "{version()}";\n' + STATIC.joinpath("service-worker.js").read_text(encoding="utf-8")
        return Response(
            script,
            media_type=MEDIA_TYPES["js"],
            headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/grid"},
        )

    @routes.get("/grid/app.webmanifest")
    def manifest(lang: str = "zh") -> JSONResponse:
        return JSONResponse(
            manifest_of(texts_in(lang if lang in LANGUAGES else "zh")), media_type="application/manifest+json"
        )

    return routes


def page_html(texts: Texts) -> str:
    """Return the page in one language: a frame, and the texts its script writes."""
    frame = STATIC.joinpath("page.html").read_text(encoding="utf-8")
    words = json.dumps(texts.under("grid."), ensure_ascii=False).replace("</", "<\\/")
    values = {
        "lang": "zh-CN" if texts.language == "zh" else "en",
        "language": texts.language,
        "title": texts("grid.title"),
        "loading": texts("grid.loading"),
        "needs_script": texts("grid.needs_script"),
        "words": words,
    }
    for name, value in values.items():
        frame = frame.replace("{{" + name + "}}", value)
    return frame


def manifest_of(texts: Texts) -> dict[str, object]:
    """Return what makes the page installable."""
    return {
        "name": texts("grid.title"),
        "short_name": texts("grid.short_title"),
        "id": "/grid",
        "start_url": "/grid",
        "scope": "/grid",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#FFFFFF",
        "theme_color": "#00504B",
        "lang": "zh-CN" if texts.language == "zh" else "en",
        "icons": [
            {"src": "/grid/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": "/grid/static/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": "/grid/static/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {
                "src": "/grid/static/icon-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }


@lru_cache(maxsize=1)
def static_files() -> dict[str, Traversable]:
    """Files a browser may ask for, by name; the frame and the service worker have routes of their own."""
    return {
        file.name: file
        for file in STATIC.iterdir()
        if file.name.rpartition(".")[2] in MEDIA_TYPES and file.name != "service-worker.js"
    }


@lru_cache(maxsize=1)
def version() -> str:
    """Fingerprint of everything the page consists of."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.iterdir(), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    for language in LANGUAGES:
        digest.update(json.dumps(texts_in(language).under("grid."), ensure_ascii=False).encode())
    return digest.hexdigest()[:12]
