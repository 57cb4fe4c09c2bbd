"""The back office: one Dash app at /office whose pages are listed in `dashboard.office.pages`."""
