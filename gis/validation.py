"""What pydantic finds wrong, as sentences of ours: it says so in English only, and a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from gis.errors import FengqiaoError
from gis.sentences import Sentence, Speaks, fields_of, listed

#: pydantic's kind of fault -> what we say; fields are those of its context
SAID = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "{discriminator} is {tag!r}; it must be one of {expected_tags}",
    "union_tag_not_found": "does not say its {discriminator}",
    "string_type": "must be a text",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "too_short": "needs at least {min_length} entries, there are {actual_length}",
    "too_long": "may have at most {max_length} entries, there are {actual_length}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object of named values",
    "mapping_type": "must be an object of named values",
    "model_type": "must be an object of named values",
    "model_attributes_type": "must be an object of named values",
    "date_type": "must be a date like 2026-11-25",
    "date_parsing": "must be a date like 2026-11-25",
    "date_from_datetime_parsing": "must be a date like 2026-11-25",
    "date_from_datetime_inexact": "must be a date without a time",
    "datetime_type": "must be a time like 2026-11-25T08:00:00+08:00",
    "datetime_parsing": "must be a time like 2026-11-25T08:00:00+08:00",
    "datetime_from_date_parsing": "must be a time like 2026-11-25T08:00:00+08:00",
    "timezone_aware": "must state its time zone, as in 2026-11-25T08:00:00+08:00",
    "time_type": "must be a time of day like 08:00",
    "time_parsing": "must be a time of day like 08:00",
    "time_delta_type": "must be a span of time",
    "time_delta_parsing": "must be a span of time",
    "url_type": "must be an address that begins with http:// or https://",
    "url_parsing": "must be an address that begins with http:// or https://",
    "url_scheme": "must be an address that begins with http:// or https://",
    "uuid_parsing": "must be a UUID",
    "json_invalid": "is no valid JSON",
    "none_required": "must be empty",
}


def sentence_of(fault: Mapping[str, Any], *, skip: int = 0) -> Sentence:
    """Say one of ``error.errors()``; the first `skip` steps of its place (body, query) are not told."""
    context = fault.get("ctx") or {}
    own = context.get("error")
    template = SAID.get(fault["type"])
    if isinstance(own, FengqiaoError):
        what: Sentence | Speaks = own.sentence
    elif template is not None and fields_of(template) <= context.keys():
        what = Sentence(template, **{name: context[name] for name in fields_of(template)})
    else:
        what = Sentence("is refused ({message})", message=fault["msg"])
    steps = [str(step) for step in fault["loc"][skip:]]
    if not steps:
        return Sentence("{what}", what=what)
    return Sentence("{place}: {what}", place=".".join(steps), what=what)


def faults_of(faults: Sequence[Mapping[str, Any]], *, skip: int = 0, most: int = 10) -> Sentence:
    """Say ``error.errors()`` in one sentence, at most `most` of them."""
    return listed([sentence_of(fault, skip=skip) for fault in faults], most=most)
