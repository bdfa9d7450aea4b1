"""From a text to pandoc's tree."""
