"""feedhub: a self-hosted hub that reads RSS and Atom, and publishes feeds that people can trust."""

__version__ = "0.1.0"
