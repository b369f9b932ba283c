"""Text of models on a terminal: whatever could act on it is shown as a symbol."""

import unicodedata


def printable(text: str, keep: str = "") -> str:
    """Return `text` with every character that could act on a terminal as a symbol, save `keep`.

    Control characters, escape sequences, what turns the reading direction, and what has no width of
    its own that a terminal could know.
    """
    return "".join(c if c in keep or not acts(c) else _symbol(c) for c in text)


def acts(character: str) -> bool:
    """Tell whether a character could do more on a terminal than be seen."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _symbol(character: str) -> str:
    if character == "\n":
        return "↵"
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))  # the control pictures: ESC is ␛
    return f"<U+{ord(character):04X}>"
