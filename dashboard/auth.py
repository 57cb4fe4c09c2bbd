"""Authentication in front of everything: HTTP, WebSocket and the live stream.

Pure ASGI, since Starlette's HTTP middleware does not see WebSockets. It finds out who asks (cookie, bearer token or
link), asks the route table whether they may, and leaves the session in ``scope["state"]["session"]``. Which rows they
see is the database's business; what another system was granted beyond its role is that of `dashboard.exchange.gate`.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from anyio.to_thread import run_sync
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from access.sessions import Opened, Session, extend_session, find_session, lifetime, open_link, secret_hash
from dashboard.errors import answer, translated
from dashboard.exchange.gate import ConsumerGate
from dashboard.route_table import AUDIENCES, Route, audience_of, route_table
from dashboard.services import Services
from dashboard.sign_in.pages import sentence_page
from gis.database.connection import identified
from gis.errors import FengqiaoError, NotAllowed, NotFound, NotSignedIn
from gis.texts import LANGUAGES

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: a burst of tiles asks the database once; a revoked session loses its rows at once and its routes after this [s]
TRUST_S = 2.0
#: while the database does not answer, who was known goes on being known for this long, so that pages can say so [s]
LOST_TRUST_S = 900.0
SESSIONS_KEPT = 10_000
#: nobody guesses types, frames our pages or learns where people came from
ANSWER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)


@dataclass(frozen=True)
class Known:
    """A session that held when it was last looked up."""

    session: Session
    looked_up_s: float


class SessionBook:
    """Looks sessions up and remembers them for a moment."""

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.services = services
        self.monotonic = monotonic
        self.known: OrderedDict[tuple[bytes, bool], Known] = OrderedDict()

    def by_cookie(self, secret: str) -> Session | None:
        """Return the session of a cookie; see `find`."""
        return self.find(secret, by_token=False)

    def by_token(self, secret: str) -> Session | None:
        """Return the session of a token; see `find`."""
        return self.find(secret, by_token=True)

    def find(self, secret: str, *, by_token: bool) -> Session | None:
        """Return the session behind a secret, None when it does not hold; raises Unavailable when nobody can know."""
        key = (secret_hash(secret), by_token)
        known = self.known.get(key)
        now_s = self.monotonic()
        if known is not None and now_s - known.looked_up_s < TRUST_S:
            return known.session
        try:
            with self.services.database.server.begin() as connection:
                session = find_session(connection, secret, by_token=by_token)
        except (DBAPIError, PoolTimeout) as fault:
            if known is not None and now_s - known.looked_up_s < LOST_TRUST_S:
                return known.session
            raise translated(fault) or fault from fault
        if session is None:
            self.known.pop(key, None)
        else:
            self.known[key] = Known(session, now_s)
            self.known.move_to_end(key)
            while len(self.known) > SESSIONS_KEPT:
                self.known.popitem(last=False)
        return session

    def forget(self, secret: str) -> None:
        """Look the session up again next time: it ended or changed."""
        self.known.pop((secret_hash(secret), False), None)

    def exchange(self, secret: str) -> Opened | None:
        """Open a session of its own for a link's token."""
        with self.services.database.server.begin() as connection:
            return open_link(connection, secret, now=self.services.clock())

    def extend(self, session: Session) -> float:
        """Let a session live its full time again; returns it [s]."""
        with identified(self.services.database.server, session.id) as connection:
            return extend_session(connection, role=session.role)


@dataclass(frozen=True)
class Asker:
    """Who asks, and how they said so."""

    session: Session
    #: the cookie's secret; None for a token
    cookie: str | None


class Authentication:
    """ASGI middleware: nothing behind it is reached but by the route table."""

    def __init__(self, app: ASGIApp, *, services: Services, book: SessionBook, sandbox: ASGIApp) -> None:
        self.app = app
        self.services = services
        self.book = book
        self.gate = ConsumerGate(app, services=services, sandbox=sandbox)
        self.table = route_table()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        send = with_headers(send)
        method = scope.get("method", "GET")
        route = self.table.find(method, scope["path"])
        scope.setdefault("state", {}).update(session=None, book=self.book, language=self.asked_language(scope))
        try:
            # a path that climbs is never one of ours; what is behind might read it otherwise than the table
            if route is None or ".." in scope["path"].split("/"):
                raise NotFound("nothing is served at {path}", path=scope["path"])
            if route.page and method == "GET" and (token := query_token(scope)):
                await (await self.enter_by_link(scope, token))(scope, receive, send)
                return
            asker = await self.asker(scope, route)
            if asker is not None and asker.cookie is not None:
                # a person chose a language; a program names it with each call
                scope["state"]["language"] = asker.session.language
            self.check(scope, method, route, asker)
            if asker is not None and asker.cookie is None:
                terms = await self.gate.terms(asker.session)
                if terms is not None and (terms.sandbox or not route.open):
                    scope["state"]["session"] = asker.session
                    await self.gate(scope, receive, send, terms=terms)
                    return
        except FengqiaoError as error:
            await self.refuse(scope, receive, send, route, error)
            return
        if asker is not None:
            scope["state"]["session"] = asker.session
            if route.page and asker.cookie is not None:
                send = await self.renewing(asker, send)
        await self.app(scope, receive, send)

    def asked_language(self, scope: Scope) -> str:
        """Return the language a client wants most of those we have, else the installation's."""
        wanted = parse_accept_header(Headers(scope=scope).get("accept-language"), LanguageAccept)
        mine = (tag.lower().partition("-")[0] for tag, quality in wanted if quality)
        return next((tag for tag in mine if tag in LANGUAGES), self.services.settings.language)

    async def asker(self, scope: Scope, route: Route) -> Asker | None:
        """Find out who asks; the first of a browser's sign-ins that may, else the first."""
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        token = bearer.strip() if scheme.lower() == "bearer" else query_token(scope)
        if token:
            session = await run_sync(self.book.by_token, token)
            if session is None:
                raise NotSignedIn("this token is not known, has expired or was revoked")
            return Asker(session, cookie=None)
        first: Asker | None = None
        cookies = cookie_parser(headers.get("cookie", ""))
        for audience in self.audiences(route, headers):
            if secret := cookies.get(cookie_name(audience)):
                session = await run_sync(self.book.by_cookie, secret)
                if session is not None and (route.open or session.role in route.roles):
                    return Asker(session, cookie=secret)
                if session is not None and first is None:
                    first = Asker(session, cookie=secret)
        return first

    def audiences(self, route: Route, headers: Headers) -> Iterable[str]:
        """Order a browser's sign-ins: the one the path is for, the one of the page that asks, then the rest."""
        page = self.table.find("GET", urlsplit(headers.get("referer", "")).path or "/")
        preferred = [route.audience, page.audience if page else None, *AUDIENCES]
        return list(dict.fromkeys(audience for audience in preferred if audience))

    def check(self, scope: Scope, method: str, route: Route, asker: Asker | None) -> None:
        """Raise what keeps this asker from this route."""
        needs_nobody = route.open or (route.loopback and is_loopback(scope))
        if asker is None and not needs_nobody:
            raise NotSignedIn("this needs a sign-in or a token")
        by_cookie = asker is None or asker.cookie is not None
        changes = scope["type"] == "websocket" or method not in SAFE_METHODS
        if changes and by_cookie and not same_origin(scope):
            raise NotAllowed("a browser may change things only from a page of this server")
        if asker is not None and not needs_nobody and asker.session.role not in route.roles:
            raise NotAllowed(
                "the role {role} may not {method} {prefix}", role=asker.session.role, method=method, prefix=route.prefix
            )

    async def enter_by_link(self, scope: Scope, token: str) -> Response:
        """Exchange a link's token for a cookie and lead to the same page without the token."""
        try:
            opened = await run_sync(self.book.exchange, token)
        except (DBAPIError, PoolTimeout) as fault:
            raise translated(fault) or fault from fault
        if opened is None:
            return RedirectResponse("/sign-in?why=link", status_code=303)
        session = await run_sync(self.book.by_cookie, opened.secret)
        rest = [(key, value) for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key != "token"]
        target = quote(scope["path"]) + (f"?{urlencode(rest)}" if rest else "")
        response = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
        if session is not None:
            set_cookie(response, self.services, session.role, opened.secret, opened.max_age_s)
        return response

    async def renewing(self, asker: Asker, send: Send) -> Send:
        """Extend a session that spent a quarter of its time, and its cookie with it."""
        full_s = lifetime(asker.session.role).total_seconds()
        left_s = (asker.session.expires_at - self.services.clock()).total_seconds()
        if asker.cookie is None or left_s > 0.75 * full_s:
            return send
        try:
            max_age_s = await run_sync(self.book.extend, asker.session)
        except (DBAPIError, PoolTimeout):
            return send
        self.book.forget(asker.cookie)
        carrier = Response()
        set_cookie(carrier, self.services, asker.session.role, asker.cookie, max_age_s)
        cookie = next(header for header in carrier.raw_headers if header[0] == b"set-cookie")

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), cookie]}
            await send(message)

        return send_with_cookie

    async def refuse(
        self, scope: Scope, receive: Receive, send: Send, route: Route | None, error: FengqiaoError
    ) -> None:
        if scope["type"] == "websocket":
            # before it is accepted, closing answers 403
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:100]})
            return
        await self.refusal(scope, route, error)(scope, receive, send)

    def refusal(self, scope: Scope, route: Route | None, error: FengqiaoError) -> Response:
        """Say no: a page leads to sign-in or says it in a sentence, everything else answers JSON."""
        if route is None or not route.page or not is_navigation(scope):
            return answer(error)
        if isinstance(error, NotSignedIn):
            query = scope["query_string"].decode("latin-1")
            target = quote(scope["path"]) + (f"?{query}" if query else "")
            return RedirectResponse("/sign-in?" + urlencode({"next": target}), status_code=303)
        return sentence_page(self.services.texts(scope["state"].get("session")), error)


def with_headers(send: Send) -> Send:
    """Let every answer say what browsers need to hear; an answer that says it itself is left as it is."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message.get("headers", ())}
            missing = [header for header in ANSWER_HEADERS if header[0] not in said]
            message = {**message, "headers": [*message.get("headers", ()), *missing]}
        await send(message)

    return send_with_headers


def query_token(scope: Scope) -> str | None:
    """Return the token of a link."""
    return next((value for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key == "token"), None)


def is_navigation(scope: Scope) -> bool:
    """Whether a browser is to show the answer, and no script fetches it."""
    headers = Headers(scope=scope)
    accepted = headers.get("accept", "*/*")
    shown = headers.get("sec-fetch-mode", "navigate") == "navigate" and ("text/html" in accepted or "*/*" in accepted)
    return scope.get("method") == "GET" and shown


def cookie_name(audience: str) -> str:
    """Return the cookie of an audience: one browser may show a wall and a worker's page beside each other."""
    return f"fengqiao_{audience}"


def set_cookie(response: Response, services: Services, role: str, secret: str, max_age_s: float) -> None:
    """Give the browser its session; scripts cannot read it and other sites cannot send it with a change."""
    response.set_cookie(
        cookie_name(audience_of(role)),
        secret,
        max_age=int(max_age_s),
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.settings.secure_cookies,
    )


def same_origin(scope: Scope) -> bool:
    """Whether a page of this server asks. Browsers name the origin of what changes things; who does not is refused."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return bool(origin != "null") and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def is_loopback(scope: Scope) -> bool:
    """Whether this machine itself asks."""
    client: Any = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
