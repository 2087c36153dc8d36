"""Checks of the area embeddings: `POST /embeddings`, where a model plays the role."""
