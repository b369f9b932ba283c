"""Addition, subtraction, multiplication and division in columns, one digit a step."""

from teacher.miniature.solutions.hand import Hand

_TENS: tuple[int, ...] = tuple(10**place for place in range(20))


def add(hand: Hand, a: int, b: int) -> int:
    """Write a+b (both >= 0): in one step where both have one digit, else column by column from
    the right.
    """
    if a < 10 and b < 10:
        return hand.step(f"{a}+{b}=", a + b)
    hand.write(f"{a}+{b}:")
    return _assemble(hand, _column_sums(hand, a, b))


def _column_sums(hand: Hand, a: int, b: int) -> list[int]:
    digits: list[int] = []
    carry = 0
    width = max(len(str(a)), len(str(b)))
    for place in range(width):
        x, y = a // _TENS[place] % 10, b // _TENS[place] % 10
        total = hand.step(f"{x}+{y}+1=" if carry else f"{x}+{y}=", x + y + carry)
        hand.write(",")
        digits.append(total % 10)
        carry = 0 if hand.careless else total // 10
    return [*digits, carry] if carry else digits


def _assemble(hand: Hand, digits: list[int]) -> int:
    """Write the number whose digits, last first, were found."""
    number = sum(digit * _TENS[place] for place, digit in enumerate(digits))
    hand.write(str(number))
    return number


def subtract(hand: Hand, a: int, b: int) -> int:
    """Write a-b (both >= 0); a negative difference is the other way round with a minus sign."""
    if a < b:
        hand.write(f"{a}<{b}:")
        return -subtract(hand, b, a)
    if a < 20 and b < 10:
        return hand.step(f"{a}-{b}=", a - b)
    hand.write(f"{a}-{b}:")
    digits: list[int] = []
    borrow = 0
    for place in range(len(str(a))):
        x, y = a // _TENS[place] % 10, b // _TENS[place] % 10
        short = x - y - borrow < 0
        question = f"{10 + x if short else x}-{y}{'-1' if borrow else ''}="
        digits.append(hand.step(question, x - y - borrow + 10 * short) % 10)
        hand.write(",")
        borrow = 0 if hand.careless else int(short)
    return _assemble(hand, digits)


def add_signed(hand: Hand, a: int, b: int) -> int:
    """Write a+b where either may be negative, through add and subtract of what is not."""
    if a >= 0 and b >= 0:
        return add(hand, a, b)
    if a >= 0:
        return subtract(hand, a, -b)
    if b >= 0:
        return subtract(hand, b, -a)
    hand.write("-(")
    total = -add(hand, -a, -b)
    hand.write(")")
    return total


def multiply_add(hand: Hand, a: int, factor: int, extra: int = 0) -> int:
    """Write a*factor+extra, digit by digit from the right; `extra` is the first carry (both at
    most 16).
    """
    tail = f"+{extra}" if extra else ""
    if a < 10 or a * factor + extra < 100:
        return hand.step(f"{a}*{factor}{tail}=", a * factor + extra)
    hand.write(f"{a}*{factor}{tail}:")
    carry, digits = extra, []
    for place in range(len(str(a))):
        x = a // _TENS[place] % 10
        question = f"{x}*{factor}+{carry}=" if carry else f"{x}*{factor}="
        total = hand.step(question, x * factor + carry)
        hand.write(",")
        digits.append(total % 10)
        carry = total // 10
    number = carry * _TENS[len(digits)] + sum(d * _TENS[place] for place, d in enumerate(digits))
    hand.write(str(number))
    return number


def divide(hand: Hand, a: int, divisor: int) -> tuple[int, int]:
    """Write a/divisor by long division (divisor at most 16), and return quotient and remainder."""
    if a < 100:
        return hand.divide(a, divisor)
    hand.write(f"{a}/{divisor}:")
    digits = str(a)
    quotient, remainder = 0, 0
    used = 2
    remainder = int(digits[:used])
    while True:
        part, remainder = hand.divide(remainder, divisor)
        quotient = quotient * 10 + part
        if used == len(digits):
            break
        hand.write(",")
        remainder = remainder * 10 + int(digits[used])
        used += 1
    hand.write(f":{quotient}r{remainder}")
    return quotient, remainder
