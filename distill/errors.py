"""The one exception that people see without a traceback."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something that a person can put right: says what failed, the value, and the way out.

    The command prints the message alone and exits with 2; any other exception is a bug and keeps
    its traceback.
    """


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name closest to `name`, or all of them."""
    names = sorted(known)
    matches = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if matches:
        return f" (did you mean {matches[0]!r}?)"
    return f" (known: {', '.join(names)})" if names else ""
