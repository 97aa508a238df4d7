"""What the look-alike offers of Stripe's API: one table per endpoint, read by requests, refusals and pages alike."""
