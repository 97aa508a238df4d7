"""The door for machines that speak gRPC; `grpc` itself is imported only where this is switched on."""
