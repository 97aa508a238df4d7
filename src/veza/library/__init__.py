"""The library: who owns what, and who may hear or download it."""
