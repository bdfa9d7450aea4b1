"""Pictures for paper, which is white: without the transparent pixels that become grey lines there.

Viewers scale the colours of a picture and its transparency each for itself. What is black and transparent, as around
the axes of a figure, then shades the edge beside it.
"""

import io

from PIL import Image

MOST_PIXELS = 10**7  # of a picture for which this is quick


def on_white(png: bytes) -> bytes:
    """Return a picture, PNG, on white; one without transparent pixels, or that cannot be read, stays as it is."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS or not picture.has_transparency_data:
                return png
            dots, shown = picture.info.get("dpi"), picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError):
        return png
    if shown.getchannel("A").getextrema()[0] == 255:
        return png
    white = Image.new("RGBA", shown.size, "white")
    written = io.BytesIO()
    # Typst compresses it anew.
    Image.alpha_composite(white, shown).convert("RGB").save(written, "PNG", dpi=dots, compress_level=1)
    return written.getvalue()
