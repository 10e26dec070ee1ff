"""Files appear whole or not at all."""

import os
import subprocess

import pytest
from bench import file_size_limit

from denoisebench.errors import UserError
from denoisebench.files import (
    LONGEST_NAME,
    STALE_S,
    append_line,
    file_names,
    safe_name,
    sweep,
    whole_file,
    write_whole,
)


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


def test_a_file_takes_the_place_of_the_earlier_one_when_its_block_ends(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("earlier")
    with whole_file(path) as file:
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


def test_what_cannot_be_written_is_told_and_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("earlier")
    said = pytest.raises(UserError, match=r"table\.txt cannot be written: File too large$")
    with file_size_limit(1000), said, whole_file(path) as file:
        file.write(bytes(1001))
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_a_file_that_is_read_meanwhile_is_not_of_the_one_that_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"), whole_file(tmp_path / "a"):
        (tmp_path / "absent").read_bytes()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "write", [write_whole, lambda path, data: append_line(path, data.decode())]
)
def test_a_symbolic_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path, write):
    (tmp_path / "precious").write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "precious")
    write(link, b"ours")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not link.is_symlink()
    assert link.read_text() == "ours"


def dead_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path):
    with whole_file(tmp_path / "a") as file:
        file.write(b"whole")
        (ours,) = tmp_path.iterdir()
        dead = tmp_path / ours.name.replace(str(os.getpid()), str(dead_process()))
        elsewhere = tmp_path / f".{dead_process()}-elsewhere-ab.part"
        stale = tmp_path / ".table.txt.1-ab.part"  # as they were named before
        for part in (dead, elsewhere, stale):
            part.write_bytes(b"half")
        long_ago = stale.stat().st_mtime - STALE_S - 1
        os.utime(stale, (long_ago, long_ago))
        sweep(tmp_path)
        assert set(tmp_path.iterdir()) == {ours, elsewhere}
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_a_folder_is_swept_when_a_process_first_writes_there(tmp_path):
    with whole_file(tmp_path / "a"):
        (ours,) = tmp_path.iterdir()
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / ours.name.replace(str(os.getpid()), str(dead_process()))).write_bytes(b"half")
    write_whole(folder / "b", b"whole")
    assert [path.name for path in folder.iterdir()] == ["b"]
