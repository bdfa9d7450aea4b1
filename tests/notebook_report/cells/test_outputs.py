"""What is shown of a traceback."""

from nbformat.v4 import new_output


def error(trace):
    return new_output("error", ename="ValueError", evalue="no", traceback=trace)


def test_of_a_long_traceback_the_beginning_and_the_end_are_shown(chosen):
    trace = [f"frame {i}" for i in range(100)] + ["ValueError: no"]
    ((form, shown),), codes = chosen(error(trace), lines=10, errors_meant=True)
    assert shown.split("\n") == [*trace[:5], "… (91 more lines)", *trace[-5:]]
    assert (form, codes) == ("error", ["output-cut"])


def test_so_is_the_end_of_one_with_very_many_characters(chosen):
    trace = [*("frame " * 100 for _ in range(1000)), "ValueError: no"]
    ((_, shown),), codes = chosen(error(trace), errors_meant=True)
    assert len(shown) < 101_000
    assert shown.startswith("frame")
    assert shown.endswith("ValueError: no")
    assert codes == ["text-too-long"]
