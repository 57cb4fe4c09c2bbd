"""What can be put on a map: the layer catalogue, facts per cell, tiles, open data."""
