"""Where things are: coordinates, H3 cells, gazetteer, geocoder, work grids, terrain, and the geodatabase.

Knows nobody else in the house; everybody may import it.
"""
