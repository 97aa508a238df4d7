"""The demo: an invented small label, its month of sales, playlists, comments and reports. Deterministic by seed."""
