"""Scenarios: short plays of the real money room against the sandbox, over the real wire, ending in checked facts."""
