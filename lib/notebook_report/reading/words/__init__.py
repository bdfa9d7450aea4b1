"""The words of a text: formulas and whatever else the parsers of Markdown and HTML are not to read."""
