"""What is expected once an alert stands: who is asked, how long they have, what explains what; response.yml."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import Field, model_validator

from alerts.documents import Frozen, parse_document
from alerts.labels import Matcher
from gis.errors import BadInput

Post = Literal["grid_worker", "grid_leader", "community", "duty_officer", "commander"]
Minutes = Mapping[int, float]


class Inhibition(Frozen):
    """An alert that `source` matches explains one that `target` matches, when it covers enough of it."""

    id: str
    source: tuple[Matcher, ...] = Field(min_length=1)
    target: tuple[Matcher, ...] = Field(min_length=1)
    covers: float = Field(gt=0, le=1)
    as_grave: bool = True


class Response(Frozen):
    """The whole document."""

    posts: tuple[Post, ...] = Field(min_length=1)
    start: Mapping[str, Post]
    wait_min: Minutes
    follow_up_min: Minutes
    expire_after_h: float = Field(gt=0)
    inhibit: tuple[Inhibition, ...] = ()

    @model_validator(mode="after")
    def holds_together(self) -> Self:
        for name in ("wait_min", "follow_up_min"):
            minutes: Minutes = getattr(self, name)
            if sorted(minutes) != [1, 2, 3, 4] or min(minutes.values()) <= 0:
                raise BadInput("{name}: a number of minutes above 0 for each of the levels 1, 2, 3 and 4", name=name)
        if missing := set(self.start.values()) - set(self.posts):
            raise BadInput("start: {missing} is no post of the ladder", missing=sorted(missing))
        return self

    def first_post(self, unit_kind: str) -> Post:
        """The post an alert of this kind of unit is given first."""
        return self.start.get(unit_kind, self.posts[0])

    def next_post(self, post: str) -> Post | None:
        """The post above; None at the top of the ladder."""
        place = self.posts.index(post) + 1 if post in self.posts else 0
        return self.posts[place] if place < len(self.posts) else None

    def wait(self, level: int) -> timedelta:
        """How long a post has before the next one is asked."""
        return timedelta(minutes=self.wait_min[level])

    def follow_up(self, level: int) -> timedelta:
        """How long whoever acknowledged has until something must follow."""
        return timedelta(minutes=self.follow_up_min[level])


@lru_cache(maxsize=1)
def shipped_response() -> Response:
    """The response the product comes with."""
    return parse_document(
        Response, files("alerts").joinpath("response.yml").read_text(encoding="utf-8"), "response.yml"
    )
