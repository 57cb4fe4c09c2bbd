"""Detectors: pure functions over frames and arrays that say what is unusual, where, since when and how sure.

No database, no network, no clock: what a detector needs is an argument, and random things take a seed. The command
line over files is `alerts/analyse.py` and `alerts/analyse_scan.py`; rules, the life of an alert and its routing live
elsewhere in `alerts`.
"""
