"""Prices of a room."""

WEEKEND_FACTOR = 1.35
CHILD_FREE_UNTIL = 5


def price(nights: int, base: int, weekend_nights: int) -> int:
    """What a stay costs in yen; nights before a day off cost more by WEEKEND_FACTOR."""
    return round((nights - weekend_nights) * base + weekend_nights * base * WEEKEND_FACTOR)


def refund(days_before: int, paid: int) -> int:
    """What a guest gets back who cancels: everything a week ahead, half until the day before, then nothing."""
    if days_before >= 7:
        return paid
    return paid // 2 if days_before >= 1 else 0
