"""The suite's own tests: it is a program, too."""
