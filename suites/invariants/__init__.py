"""What holds for every exchange, one file an endpoint."""
