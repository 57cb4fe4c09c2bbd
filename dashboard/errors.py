"""One table from our errors to HTTP statuses, and the one place where they are translated."""

import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

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

#: SQLSTATE of a row-level policy or a grant that said no
INSUFFICIENT_PRIVILEGE = "42501"
#: at most so many faults of one body are named
FAULTS_SHOWN = 10


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


def answer(error: FengqiaoError) -> JSONResponse:
    """Answer with the error's sentence."""
    status = status_of(error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}.get(status)
    if isinstance(error, LimitReached):
        headers = {"Retry-After": str(math.ceil(error.retry_after_s))}
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)


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
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in error.errors()
        ]
        return answer(BadInput("; ".join(faults[:FAULTS_SHOWN])))

    @server.exception_handler(HTTPException)
    def explain_status(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": str(error.detail)}, status_code=error.status_code, headers=error.headers)
