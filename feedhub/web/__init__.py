"""The published files over HTTP."""
