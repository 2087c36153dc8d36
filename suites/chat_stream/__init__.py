"""Checks of the area chat-stream: `POST /chat/completions` with stream."""
