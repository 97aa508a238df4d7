"""Finding things by what people type: an index in the database in use, and the question asked of it."""
