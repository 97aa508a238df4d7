"""The accounts module's door: signing up and in, one's own account, and what admins see."""
