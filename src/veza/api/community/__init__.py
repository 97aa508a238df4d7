"""The door of the community: playlists, follows, likes, comments."""
