"""The catalogue for machines: artists and their people, releases, tracks, covers."""
