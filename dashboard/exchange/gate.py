"""The gate for consumers: behind authentication, in front of everything else.

It looks at what was agreed with a key's owner, refuses what was not granted, counts what is admitted, answers 429 when
the quotas are used up, and cuts answers to the granted fields. Sandbox consumers are led to the sandbox and reach
nothing real. People and walls pass by it.
"""

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.consumers import Admission, Terms, admit_call, find_terms, note_call
from access.consumers import Scope as Grant
from access.sessions import Session
from dashboard.errors import answer, translated
from dashboard.exchange.resources import OWN, OWN_PATHS, Match, check_scope, match_call, narrowed
from dashboard.services import Services
from gis.errors import LimitReached, NotAllowed, NotSignedIn
from gis.sentences import Sentence

#: terms changed by an operator hold after this [s], as a revoked key does
TRUST_S = 2.0
TERMS_KEPT = 10_000
#: what cannot be cut, or would tell of more than was granted
CUT_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class TermsBook:
    """Looks up what was agreed with the account behind a token, and remembers it for a moment."""

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.services = services
        self.monotonic = monotonic
        self.known: OrderedDict[int, tuple[Terms | None, float]] = OrderedDict()

    def find(self, account_id: int) -> Terms | None:
        """Return the terms of an account; None when it is no consumer's."""
        now_s = self.monotonic()
        terms, looked_up_s = self.known.get(account_id, (None, -math.inf))
        if now_s - looked_up_s < TRUST_S:
            return terms
        with self.services.database.server.begin() as connection:
            terms = find_terms(connection, account_id)
        self.known[account_id] = (terms, now_s)
        self.known.move_to_end(account_id)
        while len(self.known) > TERMS_KEPT:
            self.known.popitem(last=False)
        return terms


class ConsumerGate:
    """Lets a consumer's call through, or says why not."""

    def __init__(self, app: ASGIApp, *, services: Services, sandbox: ASGIApp) -> None:
        self.app = app
        self.services = services
        self.sandbox = sandbox
        self.book = TermsBook(services)

    async def terms(self, session: Session) -> Terms | None:
        """Return what was agreed with whoever bears a token; raises Unavailable when nobody can know."""
        try:
            return await run_sync(self.book.find, session.account_id)
        except (DBAPIError, PoolTimeout) as fault:
            raise translated(fault) or fault from fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send, *, terms: Terms) -> None:
        """Admit a call of a consumer and answer it; raises what keeps it out."""
        now = self.services.clock()
        if terms.ended(now):
            raise NotSignedIn("the agreement with this consumer has ended or is suspended; ask the command centre")
        match, grant = None, None
        if scope["path"] not in OWN_PATHS:
            match = match_call(scope.get("method", ""), scope["path"])
            try:
                grant = granted(match, terms, scope)
            except NotAllowed:
                await self.note(terms, match.resource.id if match else "", "denied")
                raise
        name = match.resource.id if match else OWN
        admission = await self.admit(terms, name)
        headers = limit_headers(terms, admission)
        if not admission.admitted:
            await refused(admission, headers)(scope, receive, with_extra(send, headers))
            return
        scope = {**scope, "state": {**scope.get("state", {}), "terms": terms}}
        # what was agreed is told by the real installation; it is no row of anybody's
        inner = self.sandbox if terms.sandbox and scope["path"] != "/api/consumer" else self.app
        status = await answered(inner, scope, receive, with_extra(send, headers), match=match, grant=grant)
        if status >= 500:
            await self.note(terms, name, "failed")

    async def admit(self, terms: Terms, resource: str) -> Admission:
        """Count the call before it is answered, so that nothing that is answered goes uncounted."""

        def count() -> Admission:
            with self.services.database.server.begin() as connection:
                return admit_call(connection, terms.id, resource, now=self.services.clock())

        try:
            return await run_sync(count)
        except (DBAPIError, PoolTimeout) as fault:
            raise translated(fault) or fault from fault

    async def note(self, terms: Terms, resource: str, outcome: str) -> None:
        """Count what was denied or failed."""

        def count() -> None:
            with self.services.database.server.begin() as connection:
                note_call(connection, terms.id, resource, outcome, now=self.services.clock())

        await run_sync(count)


def granted(match: Match | None, terms: Terms, scope: Scope) -> Grant:
    """Return the grant a call stands on; raises NotAllowed."""
    if match is None or scope["type"] != "http":
        raise NotAllowed("{path} is nothing a key can be granted", path=scope["path"])
    parameters = [name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)]
    return check_scope(match, terms.scopes.get(match.resource.id), parameters)


def limit_headers(terms: Terms, admission: Admission) -> dict[str, str]:
    """Say what is left, as draft-ietf-httpapi-ratelimit-headers has it, and in the older fields many clients read."""
    minute, day = math.ceil(admission.minute_reset_s), math.ceil(admission.day_reset_s)
    tighter = min(
        (admission.minute_left, minute, terms.minute_quota),
        (admission.day_left, day, terms.day_quota),
        key=lambda one: one[0],
    )
    return {
        "RateLimit-Policy": f'"minute";q={terms.minute_quota};w=60, "day";q={terms.day_quota};w=86400',
        "RateLimit": f'"minute";r={admission.minute_left};t={minute}, "day";r={admission.day_left};t={day}',
        "RateLimit-Limit": str(tighter[2]),
        "RateLimit-Remaining": str(tighter[0]),
        "RateLimit-Reset": str(tighter[1]),
    }


def refused(admission: Admission, headers: dict[str, str]) -> ASGIApp:
    """Answer 429 with the time after which asking makes sense."""
    span = Sentence("day") if admission.day_left == 0 else Sentence("minute")
    error = LimitReached(
        "this key has used up its calls of the {span}; {policy}", span=span, policy=headers["RateLimit-Policy"]
    )
    error.retry_after_s = max(admission.retry_after_s, 1.0)
    return answer(error)


def with_extra(send: Send, extra: dict[str, str]) -> Send:
    """Add headers to whatever is answered."""

    async def send_with_extra(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            headers.update(extra)
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_with_extra


async def answered(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, match: Match | None, grant: Grant | None
) -> int:
    """Let the app answer, cut to the grant where it must be; returns the status."""
    status = 500

    async def watching(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    if match is None or grant is None or not must_cut(match, grant):
        await app(scope, receive, watching)
        return status
    plain = {**scope, "headers": [header for header in scope["headers"] if header[0] not in CUT_HEADERS]}
    start: Message = {}
    body = bytearray()

    async def collecting(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(plain, receive, collecting)
    await cut_answer(start, bytes(body), match, grant)(scope, receive, watching)
    return status


def must_cut(match: Match, grant: Grant) -> bool:
    """Whether an answer may hold more than was granted."""
    return (match.cuts and not grant.whole) or (match.lists_items and "*" not in grant.items)


def cut_answer(start: Message, body: bytes, match: Match, grant: Grant) -> ASGIApp:
    """Return the answer cut to the grant; one that is no JSON is not given at all."""
    headers = Headers(raw=start["headers"])
    kept = [header for header in start["headers"] if header[0].lower() not in (b"content-length", b"etag")]
    if start["status"] == 200:
        if "json" not in headers.get("content-type", ""):
            return answer(NotAllowed("this key was granted some fields, and those are given as JSON only"))
        body = json.dumps(narrowed(json.loads(body), match, grant), ensure_ascii=False, separators=(",", ":")).encode()

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": start["status"], "headers": [*kept, length]})
        await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else body})

    return respond
