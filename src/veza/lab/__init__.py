"""The outside world, played: the provider and its faults, the scenarios, the simulator and the demo."""
