"""Checks of the area responses-stream: `POST /responses`, streamed."""
