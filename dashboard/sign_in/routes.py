"""Routes of signing in and out, and the way from `/` to everybody's own start page."""

from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from access.accounts import check_password, note_failure
from access.sessions import Session, close_session, open_session
from dashboard.auth import SessionBook, cookie_name, set_cookie
from dashboard.route_table import AUDIENCES, audience_of
from dashboard.services import Services, session_of
from dashboard.sign_in.pages import sign_in_page
from gis.texts import LANGUAGES, texts_in

#: where a role begins
START_PAGES = {
    "grid_worker": "/grid",
    "grid_leader": "/grid",
    "community_leader": "/reports",
    "street_leader": "/reports",
    "auditor": "/office/audit",
    "operator": "/office/",
}
START_PAGE = "/wall/main"


def start_page(role: str) -> str:
    """Return where somebody of `role` begins."""
    return START_PAGES.get(role, START_PAGE)


def local_path(target: str) -> str:
    """Return `target` if it is a path of this server, else the root: a sign-in must not lead to another site."""
    is_local = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_local and not target.startswith(("/sign-in", "/sign-out")) else "/"


def router(services: Services) -> APIRouter:
    """Mount /, /sign-in and /sign-out."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def start(request: Request) -> Response:
        return RedirectResponse(start_page(session_of(request).role), status_code=303)

    @routes.get("/sign-in")
    def show(next: str = "/", lang: str = "", why: str = "") -> Response:
        language = lang if lang in LANGUAGES else services.settings.language
        problem = why if why in ("link", "signed_out") else None
        return sign_in_page(texts_in(language), target=local_path(next), problem=problem)

    @routes.post("/sign-in")
    def enter(
        request: Request,
        name: str = Form(""),
        password: str = Form(""),
        next: str = Form("/"),
        language: str = Form("zh"),
    ) -> Response:
        with services.database.server.begin() as connection:
            found = check_password(connection, name, password)
            if found.account_id is None or found.role is None:
                if not found.locked:
                    note_failure(connection, name)
                problem = "locked" if found.locked else "refused"
                return sign_in_page(texts_in(language), target=local_path(next), name=name, problem=problem, status=401)
            opened = open_session(connection, found.account_id, role=found.role, language=language)
        target = local_path(next)
        response = RedirectResponse(start_page(found.role) if target == "/" else target, status_code=303)
        set_cookie(response, services, found.role, opened.secret, opened.max_age_s)
        return response

    @routes.post("/sign-out")
    def leave(request: Request) -> Response:
        session: Session | None = request.scope["state"]["session"]
        response = RedirectResponse("/sign-in?" + urlencode({"why": "signed_out"}), status_code=303)
        if session is None:
            return response
        with services.asking(session) as connection:
            close_session(connection)
        book: SessionBook = request.scope["state"]["book"]
        for audience in AUDIENCES:
            if audience == audience_of(session.role):
                secret = request.cookies.get(cookie_name(audience))
                if secret:
                    book.forget(secret)
                response.delete_cookie(cookie_name(audience))
        return response

    return routes
