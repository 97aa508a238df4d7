"""A Stripe look-alike that speaks the real wire protocol: for the demo, the tests, the probe and the simulator."""
