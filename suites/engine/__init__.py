"""What a check is, how one is run, and how answers are judged."""
