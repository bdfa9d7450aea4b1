"""The source of the library as it is when it is imported: an edit of a file does not reach the code that runs."""

from pathlib import Path

LIBRARY = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))}
