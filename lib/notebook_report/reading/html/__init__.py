"""HTML from anyone → HTML that a report can show."""
