import io
import struct
import zlib
from base64 import b64encode

from PIL import Image, ImageCms

from notebook_report.writing.pictures import opaque


def png(mode, colour, **settings):
    file = io.BytesIO()
    Image.new(mode, (4, 3), colour).save(file, "PNG", **settings)
    return file.getvalue()


def shown(file):
    with Image.open(io.BytesIO(file)) as picture:
        return picture.mode, picture.getpixel((0, 0)), picture.info.get("dpi")


def test_what_is_transparent_is_white():
    assert shown(opaque.on_white(png("RGBA", (0, 0, 0, 0))))[:2] == ("RGB", (255, 255, 255))
    assert shown(opaque.on_white(png("RGBA", (255, 0, 0, 51))))[:2] == ("RGB", (255, 204, 204))
    assert shown(opaque.on_white(png("LA", (0, 0))))[:2] == ("L", 255)
    assert shown(opaque.on_white(png("LA", (0, 51))))[:2] == ("L", 204)
    assert shown(opaque.on_white(png("P", 0, transparency=0)))[:2] == ("RGB", (255, 255, 255))


def test_its_resolution_is_kept():
    _, _, dots = shown(opaque.on_white(png("RGBA", (0, 0, 0, 0), dpi=(144, 144))))
    assert [round(number) for number in dots] == [144, 144]


def test_other_pictures_stay_as_they_are():
    solid, cut, damaged = png("RGBA", (9, 9, 9, 255)), png("RGBA", (0, 0, 0, 0))[:45], b"\x89PNG"
    for file in (solid, png("RGB", "red"), cut, damaged):
        assert opaque.on_white(file) == file


def test_a_picture_of_more_than_8_bits_stays_as_it_is():
    colours = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 6, 0, 0, 0))
    content = chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    for file in (png("I;16", 40_000, transparency=7), b"\x89PNG\r\n\x1a\n" + colours + content):
        assert opaque.on_white(file) == file


def test_its_colours_keep_their_profile():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(io.BytesIO(opaque.on_white(png("RGBA", (0, 0, 0, 0), icc_profile=profile)))) as picture:
        assert picture.info["icc_profile"] == profile


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_what_a_picture_declares_later_does_no_harm():
    text = chunk(b"tEXt", struct.pack(">II", 10, 10) + b"a\0b")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0))
    for file in (b"\x89PNG\r\n\x1a\n" + text + header, b"\x89PNG\r\n\x1a\n" + header[:4] + b"IHDR" + header):
        assert opaque.on_white(file) == file


def test_no_small_picture_on_paper_has_transparent_pixels(to_pdf, write):
    picture = write.shows("image/png", b64encode(png("RGBA", (0, 0, 0, 0))).decode())
    (image,) = to_pdf("# A", write.figure(picture=picture)).pages[0].images
    assert "/SMask" not in image.indirect_reference.get_object()
