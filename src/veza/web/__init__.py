"""The door for people: server-rendered pages that work with scripting off and keep themselves current with it on."""
