"""The probe: a real server, started for the occasion and driven from outside, over HTTP only."""
