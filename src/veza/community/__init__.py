"""What reaches a person because of somebody else: notices, and which of them each recipient wants."""
