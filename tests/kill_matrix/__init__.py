"""The suite against every fault and every variant: `python -m tests.kill_matrix --help`."""
