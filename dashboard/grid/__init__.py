"""The grid worker's phone: an installable page over the JSON API that goes on working without signal."""
