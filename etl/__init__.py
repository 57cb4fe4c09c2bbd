"""How records get in: feeds, reading, checking, quarantine, loading, lineage; the sample sub-district."""
