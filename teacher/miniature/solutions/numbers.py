"""Greatest common divisors, bases and bits: families whose steps are divisions."""

from typing import Any

from teacher.miniature.solutions.columns import divide, multiply_add
from teacher.miniature.solutions.hand import Hand

DIGITS = "0123456789abcdef"


def gcd(entry: dict[str, Any], hand: Hand) -> str:
    """Euclid's algorithm, quotients guessed from the tens and taken back when too large; the
    careless stop early.
    """
    numbers = list(entry["metadata"]["numbers"])
    divisor = numbers[0]
    for number in numbers[1:]:
        hand.write(f"{divisor},{number}\n")
        divisor = _euclid(hand, max(divisor, number), min(divisor, number))
    return str(divisor)


def _euclid(hand: Hand, a: int, b: int) -> int:
    while b:
        remainder = _remainder(hand, a, b)
        hand.write("\n")
        if hand.careless and remainder:
            return remainder
        a, b = b, remainder
    return a


def _remainder(hand: Hand, a: int, b: int) -> int:
    """Write a-b*q=rest with a guessed quotient; a product that is too large is said to be, and
    the next one tried.
    """
    if b == 1:
        hand.write(f"{a}-1*{a}=")
        return hand.step(f"{a}-{a}=", 0)
    quotient = max(1, a // 10 // (b // 10) if b >= 10 else a // b)
    while True:
        hand.write(f"{a}:")
        product = hand.step(f"{b}*{quotient}=", b * quotient)
        if product <= a or quotient == 1:
            break
        hand.write(">,")
        quotient -= 1
    hand.write(",")
    return hand.step(f"{a}-{product}=", abs(a - product))


def base_conversion(entry: dict[str, Any], hand: Hand) -> str:
    """Horner's rule into base ten, then division; the careless skip a digit or read the
    remainders forwards.
    """
    metadata = entry["metadata"]
    source, target = metadata["source_base"], metadata["target_base"]
    digits = [DIGITS.index(character) for character in metadata["source_repr"]]
    value = _horner(hand, digits, source)
    if target == 10:
        return str(value)
    remainders = _remainders(hand, value, target)
    return "".join(remainders if hand.careless else reversed(remainders))


def _horner(hand: Hand, digits: list[int], base: int) -> int:
    if base == 10:
        return int("".join(map(str, digits)))
    if hand.careless and len(digits) > 2:
        digits = digits[:-1]
    value = digits[0]
    hand.write(f"{value}\n")
    for digit in digits[1:]:
        value = multiply_add(hand, value, base, digit)
        hand.write("\n")
    return value


def _remainders(hand: Hand, value: int, base: int) -> list[str]:
    if value == 0:
        return ["0"]
    found = []
    while value:
        value, remainder = divide(hand, value, base)
        found.append(DIGITS[remainder])
        hand.write(f" {found[-1]}\n" if remainder > 9 else "\n")
    return found


def count_bits(entry: dict[str, Any], hand: Hand) -> str:
    """Halve until nothing is left and count odd numbers; the careless do not count the last."""
    number, count = entry["metadata"]["number"], 0
    while number:
        last = number == 1
        if number % 2 and not (last and hand.careless):
            count += 1
        hand.write(f"{number}:{count}")
        if not last:
            hand.write(" ")
            hand.steps.append((f"{number}/2=", str(number // 2)))
        number //= 2
    return str(count)
