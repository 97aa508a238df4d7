"""The door for machines: REST under /api/v1, health, metrics, the OpenAPI description."""
