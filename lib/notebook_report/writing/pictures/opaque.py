"""Pictures for paper, which is white: without the transparent pixels that become grey lines there.

Viewers interpolate the colours of a picture and its transparency separately. Pixels that are black and transparent, as
those around the axes of a figure, then darken the edge beside them.
"""

import io

from PIL import Image

from notebook_report.cells import image_checks

BITS = 24  # where a PNG tells how many bits its numbers have
MOST_PIXELS = 10**7  # of a picture for which this is quick


def on_white(png: bytes) -> bytes:
    """Return a PNG on white; one without transparent pixels, of more than 8 bits, large or damaged stays as it is."""
    width, height = image_checks.size(png) or (0, 0)
    if not 0 < width * height <= MOST_PIXELS:
        return png
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            # Another size can stand in it than the first one that it declares.
            if picture.size != (width, height) or png[BITS] > 8 or not picture.has_transparency_data:
                return png
            info, mode, rgba = picture.info, "L" if picture.mode[0] == "L" else "RGB", picture.convert("RGBA")
    except Exception:  # a damaged picture can raise anything
        return png
    if rgba.getchannel("A").getextrema()[0] == 255:
        return png
    shown = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert(mode)
    written = io.BytesIO()
    # Typst compresses it anew.
    shown.save(written, "PNG", dpi=info.get("dpi"), icc_profile=info.get("icc_profile"), compress_level=1)
    return written.getvalue()
