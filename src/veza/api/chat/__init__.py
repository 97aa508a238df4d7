"""The chat's part of the API."""
