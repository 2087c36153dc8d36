"""What is promised: clauses, documented tables and profiles, as data."""
