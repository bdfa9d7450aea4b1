"""All texts together: numbers, references, citations, pictures."""
