"""What is said of runs: sign-off, difference, dossier, explanations; and that it is inert."""
