"""Checks of the area chat: `POST /chat/completions`, plain."""
