"""The catalogue: artists, releases, tracks, playlists, and what people say about them."""
