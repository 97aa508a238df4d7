"""The listeners' door: playlists, follows, likes, comments, reports, and moderation."""
