"""Delivery of sound: playlists, byte ranges, signed links, downloads, play counts."""
