"""Pipes and devices where a file is asked for: refused at once in one line, never waited for."""

import os
from pathlib import Path

import pytest
from bench import bench, make_images

from denoisebench.errors import UserError
from denoisebench.files import ordinary_file, write_whole

IMPORT = ("weights", "import", "pipe", "--method", "noise2score", "--noise", "gaussian:25")
RUN = ("run", "--noise", "gaussian:25", "--dry-run", "--datasets", "folder:test", "--method")
PIPE = "it is a pipe or a device; give a file"

READ = {
    "--weights": ((*RUN, "noise2score", "--weights", "pipe"), PIPE),
    "--start": ((*RUN, "noise2score", "--start", "pipe", "--weights", "none"), PIPE),
    "--config": ((*RUN, "identity", "--config", "pipe"), PIPE),
    "--plugin": ((*RUN, "identity", "--plugin", "pipe.py"), "there is no such file"),
    "a pack": (("run", "--method", "identity", "--datasets", "pack:pipe"), PIPE),
    "an image": (("noise", "preview", "gaussian:25", "--image", "pipe"), "pipe"),
    "what is estimated": (("estimate", "pipe"), "pipe"),
    "official weights": ((*IMPORT, "--out", "out.safetensors"), PIPE),
    "trained weights": (("weights", "export", "pipe", "--out", "out.safetensors"), PIPE),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 1)
    for name in ("pipe", "pipe.py"):
        os.mkfifo(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("where", READ)
def test_a_pipe_where_a_file_is_read_is_refused_at_once(folder, where):
    arguments, said = READ[where]
    done = bench(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bench: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_pipe_where_a_file_is_written_is_left_in_its_place(folder):
    with pytest.raises(UserError, match=f"pipe cannot be written: {PIPE}$"):
        write_whole(folder / "pipe", b"ours")
    assert (folder / "pipe").is_fifo()
    assert not list(folder.glob(".*"))


def test_a_link_to_a_device_is_no_file_and_one_to_a_file_is(tmp_path):
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "file").write_bytes(b"ours")
    (tmp_path / "link").symlink_to("file")
    assert ordinary_file(tmp_path / "link").read_bytes() == b"ours"
    with pytest.raises(OSError, match=PIPE):
        ordinary_file(tmp_path / "zero")
