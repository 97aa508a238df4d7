"""Rules for every door, built once: how requests are read, what answers carry, how problems are told."""
