"""The checks that run other clients: seen red, seen silent, and what they stand on."""
