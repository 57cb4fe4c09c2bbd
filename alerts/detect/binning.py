"""Put events into H3 cells; places that repeat are looked up once."""

import h3.api.basic_int as h3
import h3.api.basic_str as h3_text
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def cells_of(lon: Floats, lat: Floats, resolution: int) -> tuple[npt.NDArray[np.str_], Integers]:
    """Return the distinct cells (15-character text, sorted) and the position of each event's cell among them."""
    places, event = np.unique(np.column_stack([lon, lat]), axis=0, return_inverse=True)
    numbers = np.array([h3.latlng_to_cell(y, x, resolution) for x, y in places.tolist()], dtype=np.uint64)
    distinct, place = np.unique(numbers, return_inverse=True)
    text = np.array([format(number, "x") for number in distinct.tolist()])
    return text, np.asarray(place.ravel()[event.ravel()], dtype=np.int64)


def centres_of(cells: npt.NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Return lon and lat of the cells' centres [degrees]."""
    centres = np.array([h3_text.cell_to_latlng(str(cell)) for cell in cells], dtype=np.float64).reshape(-1, 2)
    return centres[:, 1], centres[:, 0]
