"""Checks of the area responses: `POST /responses`, plain."""
