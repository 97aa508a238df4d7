"""The demo's music: every track of the roster, composed and synthesised from the seed. No database, no network."""
