"""Pure work on audio: read, measure, encode. No database, no network."""
