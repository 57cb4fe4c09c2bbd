"""One table from our errors to HTTP statuses, and the one place where they are translated."""

import math
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from gis.errors import (
    BadInput,
    Conflict,
    FengqiaoError,
    LimitReached,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Unavailable,
)
from gis.surroundings import INSUFFICIENT_PRIVILEGE
from gis.validation import faults_of

#: most particular first; a class answers for its children
STATUSES: dict[type[Exception], int] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    LimitReached: 429,
    BadInput: 422,
    Unavailable: 503,
    FengqiaoError: 500,
}


def status_of(error: Exception) -> int:
    """Return the HTTP status of one of our errors."""
    return next(status for kind, status in STATUSES.items() if isinstance(error, kind))


def translated(error: Exception) -> FengqiaoError | None:
    """Return what a fault of the database means in our words; None when it is a defect."""
    if isinstance(error, FengqiaoError):
        return error
    if isinstance(error, OperationalError | PoolTimeout):
        return Unavailable("the geodatabase does not answer")
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
        return NotAllowed("this lies outside what you may see or change")
    if isinstance(error, DataError):
        return BadInput("a value is longer, larger or otherwise not what can be stored")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Unavailable("the geodatabase does not answer")
    return None


class answer(Response):  # noqa: N801 - reads as the verb it is
    """Answer with the error's sentence, in the language of whoever asks."""

    def __init__(self, error: FengqiaoError, status: int | None = None, headers: Mapping[str, str] | None = None):
        self.error = error
        self.status_code = status or status_of(error)
        stated = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}.get(self.status_code, {})
        if isinstance(error, LimitReached):
            stated = {"Retry-After": str(math.ceil(error.retry_after_s))}
        self.stated = stated | dict(headers or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = {"error": self.error.within(scope.get("state", {}).get("language", "zh"))}
        await JSONResponse(said, status_code=self.status_code, headers=self.stated)(scope, receive, send)


def install_error_answers(server: FastAPI) -> None:
    """Answer every error we can explain with one sentence; a defect stays a 500 without its inside."""

    def explain(request: Request, error: Exception) -> Response:
        known = translated(error)
        if known is None:
            raise error
        return answer(known)

    for kind in (FengqiaoError, DBAPIError, PoolTimeout):
        server.add_exception_handler(kind, explain)

    @server.exception_handler(RequestValidationError)
    def explain_body(request: Request, error: RequestValidationError) -> Response:
        return answer(BadInput(faults_of(error.errors(), skip=1)))

    @server.exception_handler(HTTPException)
    def explain_status(request: Request, error: HTTPException) -> Response:
        known = {
            404: NotFound("nothing is served at {path}", path=request.url.path),
            405: BadInput("{method} is not possible at {path}", method=request.method, path=request.url.path),
        }
        said = known.get(error.status_code) or FengqiaoError("the server answers: {detail}", detail=error.detail)
        return answer(said, error.status_code, error.headers)
