"""What listeners do: playlists, follows, likes and comments; and the notices each recipient wants."""
