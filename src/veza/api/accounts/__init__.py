"""The accounts room's door: signing up and in, one's own account, and what admins see."""
