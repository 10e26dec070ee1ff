"""A copy that was cut off is continued, and appears whole or not at all."""

import os
import random
import signal
import time

import numpy as np
import pytest
import tifffile
from bench import file_size_limit

from denoisebench.errors import UserError
from denoisebench.image_files.copy import PixelCopy, remove_part
from denoisebench.image_files.source import open_pixels

SHAPE = (6, 16, 20)


@pytest.fixture
def stack(tmp_path):
    path = tmp_path / "a.tif"
    values = np.random.default_rng(0).integers(0, 2**16, SHAPE, np.uint16)
    tifffile.imwrite(path, values, compression="zlib", photometric="minisblack")
    return open_pixels(path)


def write(copy, planes):
    for plane in planes:
        copy.write(plane, copy.source.read(plane).astype(np.float64) + 0.25)
        copy.plane_done(plane)


def test_the_same_key_continues_where_it_ended(stack):
    planes = list(stack.planes())
    first = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    write(first, planes[:3])
    first.write(planes[3], np.full(SHAPE[1:], 1e6))
    first.close()
    second = PixelCopy(stack, first.path, "key")
    assert second.done == set(planes[:3])
    assert second.clipped == 0
    assert not second.path.exists()
    write(second, planes[3:])
    second.finish()
    np.testing.assert_array_equal(tifffile.imread(second.path), tifffile.imread(stack.path))
    assert sorted(p.name for p in second.path.parent.iterdir()) == ["a.tif", "out.tif"]


def test_another_key_begins_anew(stack):
    first = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    write(first, list(stack.planes())[:3])
    first.close()
    assert PixelCopy(stack, first.path, "another").done == set()


def test_a_plane_that_did_not_reach_the_disk_is_not_done(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    write(copy, list(stack.planes())[:3])
    copy.close()
    pixels, journal = (copy.path.with_name("out.tif.part") / n for n in ("pixels", "journal"))
    os.truncate(pixels, pixels.stat().st_size - 1)
    with journal.open("a") as file:
        file.write("5 0 17")  # half a line
    assert PixelCopy(stack, copy.path, "key").done == {(0,), (1,)}


def test_clipped_values_are_counted_and_the_count_is_kept(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    row = np.array([-0.6, -0.5, 0.5, 1.5, 65535.5, 65535.4])
    pixels = np.zeros(SHAPE[1:])
    pixels[0, :6] = row
    copy.write((2,), pixels)
    copy.plane_done((2,))
    assert copy.clipped == 2
    copy.close()
    again = PixelCopy(stack, copy.path, "key")
    assert again.clipped == 2
    with pytest.raises(ValueError, match="5 planes are not done"):
        again.finish()
    write(again, [(0,), (1,), (3,), (4,), (5,)])
    again.finish()
    assert tifffile.imread(again.path)[2, 0, :6].tolist() == [0, 0, 0, 2, 65535, 65535]


def test_two_processes_do_not_write_one_copy(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    with pytest.raises(UserError, match=r"out\.tif\.part is being written by another process"):
        PixelCopy(stack, copy.path, "key")


@pytest.mark.parametrize("link", ["itself", "symbolic", "hard"])
def test_the_image_itself_is_never_written(stack, link):
    before = stack.path.read_bytes()
    path = stack.path if link == "itself" else stack.path.with_name("link.tif")
    if link == "symbolic":
        path.symlink_to(stack.path)
    elif link == "hard":
        os.link(stack.path, path)
    with pytest.raises(UserError, match="is the image itself"):
        PixelCopy(stack, path, "key")
    assert stack.path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(stack):
    stack.path.with_name("file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be written") as refused:
        PixelCopy(stack, stack.path.parent / "file" / "out.tif", "key")
    assert "\n" not in str(refused.value)


def test_a_full_disk_is_told_and_finished_planes_are_kept(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    planes = list(stack.planes())
    write(copy, planes[:2])
    with file_size_limit(1500), pytest.raises(UserError, match=r"out\.tif\.part cannot be written"):
        write(copy, planes[2:])
    copy.close()
    assert PixelCopy(stack, copy.path, "key").done == set(planes[:2])


def test_a_full_disk_at_the_end_leaves_the_part(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    write(copy, stack.planes())
    with file_size_limit(1500), pytest.raises(UserError, match=r"out\.tif cannot be written"):
        copy.finish()
    assert sorted(p.name for p in copy.path.parent.iterdir()) == ["a.tif", "out.tif.part"]
    copy.finish()
    np.testing.assert_array_equal(tifffile.imread(copy.path), tifffile.imread(stack.path))


def test_a_source_that_is_gone_is_named(stack):
    copy = PixelCopy(stack, stack.path.with_name("out.tif"), "key")
    write(copy, stack.planes())
    stack.path.unlink()
    with pytest.raises(UserError, match=r"a\.tif cannot be read: No such file"):
        copy.finish()


def killed(stack, path, delay_s):
    """Continue a copy in a child process that is killed after a while."""
    child = os.fork()
    if not child:
        try:
            path.unlink(missing_ok=True)
            copy = PixelCopy(stack, path, "key")
            write(copy, [plane for plane in stack.planes() if plane not in copy.done])
            copy.finish()
        finally:
            os._exit(0)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_a_copy_that_was_killed_becomes_the_same_file(stack, kills):
    rng = random.Random(0)
    whole, path = (stack.path.with_name(name) for name in ("whole.tif", "out.tif"))
    copy = PixelCopy(stack, whole, "key")
    write(copy, stack.planes())
    copy.finish()
    for _ in range(kills):
        killed(stack, path, rng.uniform(0.0, 0.02))
    copy = PixelCopy(stack, path, "key")
    write(copy, [plane for plane in stack.planes() if plane not in copy.done])
    copy.finish()
    assert path.read_bytes() == whole.read_bytes()
    assert not path.with_name("out.tif.part").exists()


def test_a_part_that_is_left_beside_a_whole_copy_is_removed(stack):
    part = stack.path.with_name("out.tif.part")
    remove_part(stack.path.with_name("out.tif"))
    part.mkdir()
    (part / "pixels").write_bytes(b"1")
    remove_part(stack.path.with_name("out.tif"))
    assert not part.exists()
