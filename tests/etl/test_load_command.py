"""The closing table of a load."""

from io import StringIO

from rich.console import Console

from etl.ledger import FeedResult
from etl.load_command import print_results
from gis.texts import texts_in


def test_the_closing_table_is_cut_nowhere_on_a_narrow_terminal():
    levels = ("building", "compound", "coordinates", "junction", "poi", "road", "room", "unit", "zone")
    result = FeedResult(feed="incidents", read=1_000_000, loaded=900_000, levels=dict.fromkeys(levels, 100_000))
    for language, sum_of_three in (("zh", "楼栋/路口/兴趣点合计"), ("en", "building, crossing or POI")):
        paper = StringIO()

        print_results(Console(width=40, file=paper), [result], texts_in(language))

        assert "…" not in paper.getvalue()
        assert sum_of_three in paper.getvalue()
        assert "1,000,000" in paper.getvalue()
