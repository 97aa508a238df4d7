"""The operator's pages: what waits, what failed and why, and the few things a person may do about it."""
