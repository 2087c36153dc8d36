"""Checks of the area errors: how every route says no."""
