"""Who owns what: grants and revocations."""
