"""Veza: a self-hosted music platform whose refunds really take the seller's money back."""
