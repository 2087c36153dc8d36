"""Existing clients, run against the deployment: the SDKs, LiteLLM, and every printed snippet."""
