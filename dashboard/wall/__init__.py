"""The wall: a full-screen map that nobody touches, its panels, and what they are told.

`ground` is what hardly ever changes, `picture` what changes, both selected by the role that may only read what a wall
may show; `figure` and `page` build the Dash page; the scripts beside it (dashboard/static/wall) apply what `/live`
sends.
"""
