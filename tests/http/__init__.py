"""Rules that every door keeps."""
