"""What a notebook shows: widgets on top of the engine."""
