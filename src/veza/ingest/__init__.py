"""Ingest: folders and archives of tagged recordings become draft releases, and may be taken back."""
