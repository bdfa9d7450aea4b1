import pytest

from twolayer.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "search.jsonl"


def test_finished_work_is_found_again(path):
    Journal(path, "v1").append({"lam": 0.1, "start": 2**63}, {"accuracy": 0.5})
    journal = Journal(path, "v1")
    assert {"start": 2**63, "lam": 0.1} in journal
    assert journal[{"lam": 0.1, "start": 2**63}] == {"accuracy": 0.5}
    assert {"lam": 0.2, "start": 2**63} not in journal


def test_results_of_other_code_are_not_found(path):
    Journal(path, "v1").append({"lam": 0.1}, 1)
    assert {"lam": 0.1} not in Journal(path, "v2")


@pytest.mark.parametrize("torn", ['{"work": "{\\"co', '{"other": 1}\n', "[]\n", "\n"])
def test_a_torn_line_costs_only_itself(path, torn):
    journal = Journal(path, "v1")
    journal.append({"lam": 0.1}, 1)
    with open(path, "a") as file:
        file.write(torn)
    Journal(path, "v1").append({"lam": 0.2}, 2)
    journal = Journal(path, "v1")
    assert journal[{"lam": 0.1}] == 1
    assert journal[{"lam": 0.2}] == 2
