"""The demo: a small label that does not exist, its month of sales, and what people said. Deterministic by seed."""
