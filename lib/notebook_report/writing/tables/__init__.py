"""Tables that do not fit, and the colours of their cells."""
