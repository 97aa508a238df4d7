"""Scenarios: short plays of the real money module against the sandbox, over the real wire, ending in checked facts."""
