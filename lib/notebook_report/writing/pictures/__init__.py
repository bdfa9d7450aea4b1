"""Pictures as paper takes them."""
