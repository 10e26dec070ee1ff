"""Files appear whole or not at all."""

import pytest

from denoisebench.errors import UserError
from denoisebench.files import LONGEST_NAME, file_names, safe_name, whole_file, write_whole


@pytest.mark.parametrize("text", ["a" * 101, "é" * 51, "字" * 400, "folder:" + "x/" * 300])
def test_a_long_name_is_cut_and_told_from_others_by_a_hash(text):
    name = safe_name(text)
    assert 90 <= len(name.encode()) <= LONGEST_NAME
    assert name != safe_name(text + "x")
    assert name == safe_name(text)
    assert safe_name(name) == name


def test_a_name_that_fits_is_kept_with_what_a_spec_cannot_hold_replaced():
    assert safe_name("a" * 100) == "a" * 100
    assert safe_name("pairs:no/is\ud800y:c=1") == "pairs_no_is_y_c_1"


def test_long_ids_of_images_give_different_files():
    ids = [f"{'a' * 240}{number}.png" for number in range(2)]
    names = file_names(ids)
    assert len(set(names.values())) == 2
    assert all(len(name) <= LONGEST_NAME + 6 for name in names.values())


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
