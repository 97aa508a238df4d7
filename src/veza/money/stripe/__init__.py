"""What we ask of Stripe, how we ask it, and what its answers mean."""
