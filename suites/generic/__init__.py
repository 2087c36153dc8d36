"""Checks of the guide to OpenAI-compatible APIs: what any such server keeps."""
