"""Checks of the area completions: `POST /completions`, plain."""
