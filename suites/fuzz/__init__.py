"""Requests that nobody wrote: drawn from the documented tables, bounded, judged like all others."""
