"""Why a benchmark could not be run."""


class Skipped(Exception):
    """What is missing, and how to provide it."""
