"""Moderation: reports, decisions about them, and notices of the decisions; modules register what can be reported."""
