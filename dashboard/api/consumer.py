"""What another system may know of its own terms: what it was granted, what is left, and how often it called."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from access.consumers import find_terms, list_usage
from access.sessions import Session
from dashboard.services import Services, session_of
from gis.errors import NotFound


class Grant(BaseModel):
    """What it may do with one resource."""

    resource: str
    write: bool
    fields: list[str] = Field(description="fields it gets; * = all")
    items: list[str] = Field(description="layers, collections or figures it may ask for; * = all")


class DayUsage(BaseModel):
    """Calls of one day and resource."""

    day: date
    resource: str
    calls: int
    limited: int = Field(description="answered 429")
    denied: int = Field(description="outside the scope")
    failed: int = Field(description="of the calls: answered 5xx")


class ConsumerTerms(BaseModel):
    """What was agreed, and what came of it."""

    name: str
    sandbox: bool
    minute_quota: int
    day_quota: int
    expires_at: datetime | None
    scopes: list[Grant]
    usage: list[DayUsage] = Field(description="of 30 days")


def router(services: Services) -> APIRouter:
    """Mount /api/consumer."""
    routes = APIRouter(tags=["consumer"])

    @routes.get("/api/consumer", summary="What this key was granted, its quotas, and its calls of 30 days")
    def own_terms(session: Annotated[Session, Depends(session_of)]) -> ConsumerTerms:
        with services.asking(session) as connection:
            terms = find_terms(connection, session.account_id)
            if terms is None:
                raise NotFound("this account is no consumer's; only keys of consumers have terms")
            rows = list_usage(connection, days=30, now=services.clock())
        return ConsumerTerms(
            name=terms.name,
            sandbox=terms.sandbox,
            minute_quota=terms.minute_quota,
            day_quota=terms.day_quota,
            expires_at=terms.expires_at,
            scopes=[
                Grant(resource=one.resource, write=one.write, fields=sorted(one.fields), items=sorted(one.items))
                for one in terms.scopes.values()
            ],
            usage=[DayUsage.model_validate(row) for row in rows if row["consumer_id"] == terms.id],
        )

    return routes
