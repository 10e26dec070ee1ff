"""Files appear whole or not at all."""

import pytest

from denoisebench.errors import UserError
from denoisebench.files import whole_file, write_whole


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_takes_the_place_of_the_earlier_one_when_its_block_ends(tmp_path, durable):
    path = tmp_path / "table.txt"
    path.write_text("earlier")
    with whole_file(path, durable=durable) as file:
        file.write(b"later")
        assert path.read_text() == "earlier"
    assert path.read_text() == "later"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_raised_while_writing_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("earlier")
    with pytest.raises(TypeError, match="not 'str'"), whole_file(path) as file:
        file.writelines([b"half", "the other"])
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match=r"taken/a\.txt cannot be written: "):
        write_whole(tmp_path / "taken" / "a.txt", b"")
