"""The core that every stage stands on."""

__version__ = "0.1.0"
