"""Durations as a person says them."""


def in_words(seconds: float) -> str:
    """4 s, 12 min, 3 h, 3 h 05 min, 2 days."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        hours, minutes = divmod(whole // 60, 60)
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    days = whole // 86_400
    return "1 day" if days == 1 else f"{days} days"
