"""The one place that knows numba: inner loops are compiled once and kept between runs where a cache can be written."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Routine = TypeVar("Routine", bound=Callable[..., object])


def compiled(routine: Routine) -> Routine:
    """Compile an inner loop to machine code.

    The result is cached beside the module, or in the user's cache where the package folder is read-only. Where
    neither can be written (a locked-down service account) it is compiled anew in each process: slower to start, never
    an error.
    """
    try:
        return cast(Routine, njit(cache=True, nogil=True)(routine))
    except RuntimeError:  # numba found no folder for its cache
        return cast(Routine, njit(nogil=True)(routine))
