"""Figures as data: what each means, which statement counts it, its records and batches, how old it is."""
