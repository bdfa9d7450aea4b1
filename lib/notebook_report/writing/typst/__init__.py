"""The paper's source in Typst, cut into units, with its letters, and the process that sets it."""
