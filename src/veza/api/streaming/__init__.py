"""Sound over HTTP: playlists, the files they lead to, the manifest of players of our own, and downloads."""
