"""Pages of the office about alerts: their lives, silences, routes with what was told, drills."""
