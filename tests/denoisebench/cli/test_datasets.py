"""`bench datasets` and `bench list`: what is there, whether it is well, what two sets share."""

from pathlib import Path

import pytest
from bench import bench, make_images


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("methods", ["identity", "noise2noise", "noise2score", "supervised"]),
        ("noises", ["gamma", "gaussian", "poisson"]),
        ("datasets", ["cbsd399", "cbsd68", "folder", "kodak", "samples", "set12"]),
        ("reports", ["csv", "html", "json", "table"]),
    ],
)
def test_list_names_what_the_plugins_offer(tmp_path: Path, kind: str, named: list[str]) -> None:
    done = bench("list", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert set(named) <= set(names)
    assert names == sorted(names)


def test_the_sets_are_listed_with_what_is_here(tmp_path: Path) -> None:
    done = bench("datasets", "list", cwd=tmp_path, DENOISEBENCH_CACHE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    states = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert (states["samples"], states["folder"], states["set12"]) == ("here", "yours", "to")


def test_verify_names_a_damaged_image_and_exits_with_2(tmp_path: Path) -> None:
    folder = make_images(tmp_path / "photos", 3)
    done = bench("datasets", "verify", "folder:photos", "samples", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "folder:photos: 3 of 3 images are valid" in done.stdout
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:200])
    done = bench("datasets", "verify", "folder:photos", cwd=tmp_path)
    assert done.returncode == 2
    assert "1.png" in done.stdout.splitlines()[0]
    assert "2 of 3 images are valid" in done.stdout


def test_fetch_says_what_is_here_and_refuses_an_unknown_name(tmp_path: Path) -> None:
    done = bench("datasets", "fetch", "samples", cwd=tmp_path)
    assert done.stdout == "samples: here\n"
    done = bench("datasets", "fetch", "kodac", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'kodak'?" in done.stderr


def test_overlap_finds_a_turned_crop(tmp_path: Path) -> None:
    from PIL import Image
    from skimage import data

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    photo = Image.fromarray(data.camera())
    photo.save(tmp_path / "a" / "whole.png")
    Image.fromarray(data.coins()).save(tmp_path / "a" / "coins.png")
    crop = photo.crop((100, 50, 356, 306)).transpose(Image.Transpose.ROTATE_90)
    crop.save(tmp_path / "b" / "crop.png")
    done = bench("datasets", "overlap", "folder:a", "folder:b", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("folder:a/whole.png and folder:b/crop.png: crop at row 50, column 100")
    assert last == "1 shared image"
