"""Checks of the area models."""
