"""Checks of the area completions-stream: `POST /completions`, where it streams."""
