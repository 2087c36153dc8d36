"""Transcriptions: which files are taken, what the fields do, what the answer holds."""
