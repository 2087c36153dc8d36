"""Each check, seen red and seen silent."""
