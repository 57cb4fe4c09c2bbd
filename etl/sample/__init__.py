"""The sample sub-district: what a street office would hand over, made from public facts and a seed.

Nothing here is surveyed and nobody here is real. `FORMATS.md` states every file; `docs/sample.md` says what is fact and
what is assumed. The detectors of `alerts` share nothing with this package.
"""
