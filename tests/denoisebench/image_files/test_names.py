"""Which files the user means, and where their copies go."""

from pathlib import Path

import pytest

from denoisebench.errors import UserError
from denoisebench.image_files.names import outputs, refuse_existing


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("b/2.tif", "b/1.TIF", "b/notes.txt", "b/.3.tif", "b/c/1.tif", "b/denoised/1.tif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "photo.JPG").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(pairs):
    return [(path.as_posix(), copy.as_posix()) for path, copy in pairs]


@pytest.mark.usefixtures("here")
def test_a_folder_is_its_images_in_the_order_of_paths():
    assert told(outputs(["b"], None, False)) == [
        ("b/1.TIF", "b/denoised/1.TIF"),
        ("b/2.tif", "b/denoised/2.tif"),
    ]


@pytest.mark.usefixtures("here")
def test_folders_below_are_kept_apart_where_names_are_alike():
    assert told(outputs(["b"], Path("out"), True)) == [
        ("b/1.TIF", "out/1.TIF"),
        ("b/2.tif", "out/2.tif"),
        ("b/c/1.tif", "out/c/1.tif"),
    ]


def test_patterns_and_files_named_twice_come_once(here):
    (here / "link.tif").symlink_to("b/2.tif")
    assert told(outputs(["b/*.tif", "b/2.tif", "b", "link.tif"], Path("out"), False)) == [
        ("b/1.TIF", "out/1.TIF"),
        ("b/2.tif", "out/2.tif"),
    ]


@pytest.mark.usefixtures("here")
def test_a_pattern_leaves_out_copies():
    assert [p.as_posix() for p, _ in outputs(["**/*.tif"], None, False)] == ["b/2.tif", "b/c/1.tif"]


def test_a_jpeg_becomes_a_png(here):
    assert told(outputs(["photo.JPG"], None, False)) == [("photo.JPG", "denoised/photo.png")]
    (here / "photo.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"photo\.JPG and photo\.png would both be written to"):
        outputs(["photo.JPG", "photo.png"], None, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("none.tif", "none.tif does not exist"),
        ("x*.tif", "no file matches 'x*.tif'"),
        ("empty", "empty holds no image"),
    ],
)
def test_an_input_without_images_is_refused(here, text, said):
    (here / "empty").mkdir()
    with pytest.raises(UserError) as refused:
        outputs([text], None, False)
    assert str(refused.value).startswith(said)


@pytest.mark.usefixtures("here")
def test_all_existing_copies_are_listed():
    refuse_existing([(Path("a"), Path("new.tif"))])
    pairs = [(Path("a"), Path("b/1.TIF")), (Path("a"), Path("x")), (Path("a"), Path("b/2.tif"))]
    with pytest.raises(UserError, match=r"^b/1\.TIF, b/2\.tif exist already; give --overwrite"):
        refuse_existing(pairs)


def test_a_zarr_folder_is_one_image_and_its_parts_are_not_listed(here):
    for name in ("b/a.zarr/zarr.json", "b/a.zarr/0/zarr.json", "b/c/d/.zgroup", "b/a.zarr/0/1.tif"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(b"")
    assert [p.as_posix() for p, _ in outputs(["b"], None, False)][2:] == ["b/a.zarr"]
    assert told(outputs(["b/*.zarr"], None, False)) == [("b/a.zarr", "b/denoised/a.zarr")]
    assert told(outputs(["b/c/d"], Path("out"), False)) == [("b/c/d", "out/d")]
    assert [p.name for p, _ in outputs(["b"], Path("out"), True)] == [
        "1.TIF",
        "2.tif",
        "a.zarr",
        "1.tif",
    ]
    part = outputs(["b/a.zarr/0"], None, False)
    assert part == [(Path("b/a.zarr/0"), here / "b/denoised/a.zarr/0")]
