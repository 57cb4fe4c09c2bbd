"""The monthly map report: facts from the database, sentences from the facts, maps as vectors, pages as PDF."""
