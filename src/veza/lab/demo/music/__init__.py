"""The demo's music: every track of the roster, composed and synthesised from the seed. No database, no network."""

RATE = 44_100
"""Hz: the compact disc's, and half the bytes of 88.2 kHz."""
