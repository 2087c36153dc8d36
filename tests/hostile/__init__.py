"""Hostile deployments, and the referee of the suite's runs against them."""
