"""待落图: what the engine could not place, why, where it may be, and what a person decides about it."""
