"""Credit tags: of one person or one organisation each. Off unless the sub-district has switched them on."""

import pandas as pd
from sqlalchemy import Connection

from etl.checks import is_given
from etl.declaration import read_declaration
from etl.declared import declared_feed, prepare_columns, resolve_references
from etl.faults import Faults
from etl.feed import Context, StoreBatch

DECLARED = read_declaration("credit_tags")


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check that a tag is of a person or of an organisation, not of both."""
    person, organisation = is_given(rows["resident"]), is_given(rows["organisation"])
    faults.add("missing", "resident", ~person & ~organisation)
    faults.add("two_subjects", "organisation", person & organisation)
    subject = pd.Series("organisation", index=rows.index, dtype="str").mask(person, "resident")
    return prepare_columns(DECLARED, rows, faults, context).assign(subject=subject)


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find whom the tag is of."""
    return resolve_references(DECLARED, connection, columns, faults, context, batch)


FEED = declared_feed("credit_tags", prepare=prepare, resolve=resolve)
