"""The door of moderation: reports, what is decided about them, and the notices of it."""
