"""The errors of the house: one root, a few kinds, each also the fitting builtin.

They are translated once, at the edge: to an exit code and one sentence in the command line, to a status in the API,
to a sentence on the page. A message says what, the offending value, and what would be right. It is given as an English
template and its values, and read in the reader's language (`gis.sentences`).
"""

from typing import Any

from gis.sentences import Sentence, Speaks


class FengqiaoError(Exception):
    """Anything we can explain in a sentence; everything else is a defect.

    Parameters
    ----------
    sentence
        A template that the catalogue knows, with its `values`; or a sentence that was made before.
    """

    def __init__(self, sentence: str | Speaks, /, **values: Any) -> None:
        self.sentence = Sentence(sentence, **values) if isinstance(sentence, str) else sentence
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)

    def within(self, language: str) -> str:
        """The sentence in `language`."""
        return self.sentence.within(language)


class BadInput(FengqiaoError, ValueError):
    """A file, row, column or argument is not what it should be."""


class NotFound(FengqiaoError, LookupError):
    """The named thing does not exist, or the asker may not know that it does."""


class NotAllowed(FengqiaoError, PermissionError):
    """The asker is known but lacks the right."""


class NotSignedIn(FengqiaoError, PermissionError):
    """The asker is not known."""


class LimitReached(FengqiaoError):
    """The asker used up what it may ask for in a time; it may ask again after `retry_after_s` [s]."""

    retry_after_s: float = 60.0


class Conflict(FengqiaoError):
    """The thing changed meanwhile, or is already there."""


class Unavailable(FengqiaoError, ConnectionError):
    """A service we need (PostGIS, a feed) does not answer now."""


class CrsMissing(BadInput):
    """A geometry came without a coordinate system; we never guess."""


class IndexMismatch(BadInput):
    """Two series or frames do not cover the same rows."""
