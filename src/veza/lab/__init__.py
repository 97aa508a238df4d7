"""The outside world, played on purpose: the provider, its faults, the stories and the demo."""
