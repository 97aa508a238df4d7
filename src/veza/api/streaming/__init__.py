"""Streams over HTTP: playlists, the files they lead to, and the manifest of players of our own."""
