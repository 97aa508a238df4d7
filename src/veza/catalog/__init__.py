"""The catalogue: artists, releases, tracks and covers; what is public, and who may act for an artist."""
