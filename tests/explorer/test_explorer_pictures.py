import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from explorer import pictures


def rows(values, split="train"):
    return [
        {"update": t, "eta": 0.1, "split": split, "loss": value, "accuracy": value / 4}
        for t, value in enumerate(values)
    ]


def test_weights_are_grey_where_they_are_0_and_reach_one_end_of_the_range():
    W = np.zeros((3072, 2))
    W[0, 0], W[1, 0] = -2, 1
    found = pictures.weights(W)
    assert found.shape == (2, 32, 32, 3)
    assert (found[0, 0, 0, 0], found[0, 0, 1, 0], found[0, 0, 2, 0]) == (0, 191, 128)
    assert np.unique(found[1]).tolist() == [128]


def test_channels_are_red_green_and_blue():
    W = np.zeros((3072, 1))
    W[2 * 1024 + 32 + 5] = 1
    assert pictures.weights(W)[0, 1, 5].tolist() == [128, 128, 255]


def test_a_mosaic_has_the_pictures_in_rows():
    tiles = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((3, 4, 4, 3), np.uint8)
    found = pictures.mosaic(tiles, columns=2, gap=1, paper=9)
    assert found.shape == (10, 10, 3)
    assert (found[1, 1, 0], found[1, 6, 0], found[6, 1, 0], found[6, 6, 0], found[0, 0, 0]) == (0, 1, 2, 9, 9)


def test_a_picture_is_a_png_with_words():
    pixels = np.random.default_rng(0).integers(256, size=(3, 5, 3), dtype=np.uint8)
    shown = pictures.picture(pixels, 'a "picture"', 100)
    assert 'alt="a &quot;picture&quot;"' in shown
    content = base64.b64decode(shown.split("base64,")[1].rstrip('">'))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)


def lines(svg):
    found = [element.get("points") for element in ET.fromstring(svg).iter() if element.tag == "polyline"]
    return [[tuple(map(float, point.split(","))) for point in line.split()] for line in found]


def test_curves_fall_and_end_where_the_training_ends():
    svg = pictures.curves(rows([2, 1]) + rows([2, 1.5], "validation"), last=2)
    loss, *_ = lines(svg)
    assert loss[0][1] < loss[1][1]
    assert loss[1][0] - loss[0][0] == pytest.approx(190 / 2, abs=0.1)  # half of the way
    assert "accuracy over 2 updates; at the end: train 0.25, validation 0.38." in svg


def test_what_is_too_high_stays_in_the_picture():
    (loss, _, accuracy, _) = lines(pictures.curves(rows([100, 0]), last=1))
    assert loss[0][1] == accuracy[0][1] == 24


def test_a_training_that_has_not_begun_has_axes():
    assert "update 10" in pictures.curves([], last=10)


def test_a_confusion_matrix_is_a_table_of_percentages():
    found = pictures.confusion(np.array([[3, 1], [0, 0]]), ["cat & dog", "frog"])
    table = ET.fromstring(found.replace("&amp;", "and"))
    assert [cell.text for cell in table.iter("td")][1:] == ["75", "25", "0", "0"]
    assert [head.text for head in table.iter("th")] == ["cat and dog", "frog"] * 2


def test_bars_say_their_numbers():
    found = pictures.bars({"cat": 0.5, "<dog>": 0.25}, 0.5, "probabilities")
    assert "width:100px" in found
    assert "50 %" in found
    assert "&lt;dog&gt;" in found
