"""Dates as readers write them."""

from datetime import date


def long_date(text: str) -> str:
    """Return an ISO date as in 3 May 2026."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
