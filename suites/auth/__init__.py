"""Checks of the area auth."""
