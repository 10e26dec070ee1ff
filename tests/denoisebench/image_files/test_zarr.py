"""Zarr folders are read and copied chunk by chunk, with their metadata."""

import contextlib
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from bench import file_size_limit
from fuzzing import mutated_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from denoisebench.errors import UserError
from denoisebench.image_files import zarr_copy, zarr_pixels
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.source import open_pixels

zarr = pytest.importorskip("zarr", reason="the extra denoisebench[zarr] is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # that Zarr 3 has no word on this or that yet

FORMATS = (2, 3)
SHAPES = {"YX": (17, 23), "ZYX": (5, 17, 23), "TCZYX": (2, 2, 3, 17, 23)}


def pixels(*shape, dtype="uint16", seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


def array(path, shape, dtype="uint16", zarr_format=3, **options):
    made = zarr.create_array(
        str(path),
        shape=shape,
        dtype=dtype,
        zarr_format=zarr_format,
        **{"chunks": (2,) * (len(shape) - 2) + (8, 10), "attributes": {"by": "hand"}, **options},
    )
    made[...] = pixels(*shape, dtype=dtype)
    return path


def axes_of(axes):
    kinds = {"T": "time", "C": "channel"}
    return [{"name": axis.lower(), "type": kinds.get(axis, "space")} for axis in axes]


def ome(path, axes="TCZYX", version="0.5", halved="YX", dtype="uint16"):
    """An image of three levels and its labels; halved: the axes along which a level is smaller."""
    shapes = [
        tuple(
            -(-length // 2**k) if axis in halved else length
            for axis, length in zip(axes, SHAPES[axes], strict=True)
        )
        for k in range(3)
    ]
    image = {"axes": axes_of(axes), "datasets": [{"path": f"s/{k}"} for k in range(3)]}
    if version == "0.5":
        told = {"ome": {"version": version, "multiscales": [image]}}
    else:
        told = {"multiscales": [{"version": version, **image}], "omero": {"channels": [1]}}
    three = 3 if version == "0.5" else 2
    group = zarr.create_group(str(path), zarr_format=three, attributes=told)
    group.create_group("s"), group.create_group("labels")
    for k, shape in enumerate(shapes):
        array(path / f"s/{k}", shape, dtype, three)
    array(path / "labels/cells", (17, 23), "uint8", three)
    return path


def copied(path, change=lambda values: values, **options):
    source = open_pixels(path)
    out = path.parent / "out" / path.name
    copy = PixelCopy(source, out, "key", **options)
    for plane in source.planes():
        copy.write(plane, change(source.read(plane).astype(np.float64)))
        copy.plane_done(plane)
    copy.finish()
    assert [p.name for p in out.parent.iterdir()] == [path.name]
    return out


def files(path):
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.mark.parametrize("zarr_format", FORMATS)
@pytest.mark.parametrize("axes", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", ">u2", "float32"])
def test_an_array_copied_with_its_own_pixels_has_the_same_files(tmp_path, dtype, axes, zarr_format):
    path = array(tmp_path / "a.zarr", SHAPES[axes], dtype, zarr_format)
    assert files(copied(path)) == files(path)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_ome_image_keeps_metadata_and_labels_and_gets_new_levels(tmp_path, version):
    path = ome(tmp_path / "a.zarr", version=version)
    source = open_pixels(path)
    assert (source.axes, source.format) == ("TCZYX", "ome-zarr")
    assert source.remarks == ("a pyramid of 3 levels; the smaller ones are made anew",)
    before, after = files(path), files(copied(path, lambda values: 255 - values))
    assert before.keys() == after.keys()
    kept = [name for name in before if "labels" in name or name.rsplit("/")[-1][0] in ".z"]
    assert {name: before[name] for name in kept} == {name: after[name] for name in kept}
    full, half = (zarr.open(tmp_path / f"out/a.zarr/s/{k}")[...] for k in range(2))
    np.testing.assert_array_equal(full, 255 - zarr.open(path / "s/0")[...])
    assert half[0, 1, 2, 3, 4] == np.rint(full[0, 1, 2, 5:7, 7:9].mean())


def test_a_level_of_fewer_planes_is_the_mean_of_planes_too(tmp_path):
    path = ome(tmp_path / "a.zarr", halved="ZYX", dtype="float32")
    levels = [zarr.open(copied(path) / f"s/{k}")[...] for k in range(3)]
    assert levels[1].shape == (2, 2, 2, 9, 12)
    np.testing.assert_allclose(levels[1][:, :, 1, 0, 0], levels[0][:, :, 1:3, 0, 0].mean(axis=2))


@pytest.mark.parametrize("options", [{}, {"chunks": (5, 4, 4), "shards": (5, 8, 12)}])
def test_rows_are_those_that_zarr_reads_whatever_is_kept(tmp_path, monkeypatch, options):
    monkeypatch.setattr(zarr_pixels, "KEPT_BYTES", 1)
    monkeypatch.setattr(zarr_copy, "WRITTEN_BYTES", 1)
    path = array(tmp_path / "a.zarr", SHAPES["ZYX"], **options)
    source, whole = open_pixels(path), zarr.open(path)[...]
    for plane in source.planes():
        np.testing.assert_array_equal(source.read(plane), whole[plane])
        np.testing.assert_array_equal(source.read(plane, slice(7, 12)), whole[plane][7:12])
    np.testing.assert_array_equal(zarr.open(copied(path))[...], whole)


def test_a_chunk_of_several_planes_is_decoded_once(tmp_path, monkeypatch):
    path = array(tmp_path / "a.zarr", (4, 17, 23), chunks=(4, 17, 23))
    decoded, decode = [], zarr_pixels.ZarrPixels._decode
    monkeypatch.setattr(
        zarr_pixels.ZarrPixels, "_decode", lambda *at: decoded.append(at[1]) or decode(*at)
    )
    source = open_pixels(path)
    for plane in source.planes():
        source.read(plane)
    assert decoded == [(0, 0, 0)]


def test_chunks_that_are_not_stored_hold_the_fill_value(tmp_path):
    zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(9, 9), dtype="uint8", chunks=(4, 4), fill_value=7
    )
    assert (open_pixels(tmp_path / "a.zarr").read(()) == 7).all()


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_float_copy_has_float_levels_and_the_same_chunks(tmp_path, version):
    path = ome(tmp_path / "a.zarr", version=version)
    zarr.consolidate_metadata(str(path))
    out = copied(path, lambda values: values / 4, dtype="float32", note="denoised with care")
    before, after = zarr.open(path), zarr.open(out)
    np.testing.assert_array_equal(after["s/0"][...], before["s/0"][...] / np.float32(4))
    for level in ("s/0", "s/2"):
        assert (after[level].dtype, after[level].chunks) == (np.float32, before[level].chunks)
        assert after[level].attrs.asdict() == {"by": "hand"}
    assert after.attrs["software"] == "denoised with care"
    stored = files(out)
    assert ("s/0/c/0/0/0/0/0" in stored) == ("s/0/c/0/0/0/0/0" in files(path))


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_the_note_is_added_to_what_is_told_of_software(tmp_path, zarr_format):
    path = array(
        tmp_path / "a.zarr", (9, 9), zarr_format=zarr_format, attributes={"software": "camera 1"}
    )
    assert zarr.open(copied(path, note="by us")).attrs["software"] == "camera 1; by us"


@pytest.mark.parametrize(
    ("options", "axes"),
    [
        ({"dimension_names": ["t", "y", "x"]}, "TYX"),
        ({"zarr_format": 2, "attributes": {"_ARRAY_DIMENSIONS": ["z", "y", "x"]}}, "ZYX"),
        ({"dimension_names": ["time", "lat", "lon"]}, "QYX"),
    ],
)
def test_axes_of_an_array_are_its_dimensions(tmp_path, options, axes):
    assert open_pixels(array(tmp_path / "a.zarr", (5, 9, 9), **options)).axes == axes


def test_colours_are_read_where_the_user_says_so(tmp_path):
    path = array(tmp_path / "a.zarr", (9, 12, 3), chunks=(4, 5, 2))
    source = open_pixels(path, "yxs")
    np.testing.assert_array_equal(source.read((), slice(2, 7)), zarr.open(path)[2:7])


def test_another_image_of_a_group_is_taken_and_the_rest_copied(tmp_path):
    path = tmp_path / "a.zarr"
    images = [{"axes": axes_of("YX"), "datasets": [{"path": name}]} for name in "ab"]
    zarr.create_group(str(path), attributes={"ome": {"version": "0.5", "multiscales": images}})
    for k, name in enumerate("ab"):
        array(path / name, (9, 9 + k))
    source = open_pixels(path, series=1)
    assert (source.width, source.remarks[0][:14]) == (10, "holds 2 images")
    with pytest.raises(UserError, match=r"a\.zarr has no series 2; it holds 2, from 0"):
        open_pixels(path, series=2)


def test_a_folder_that_is_no_image_is_refused_in_a_line(tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(UserError, match=r"empty\.zarr "):
        open_pixels(tmp_path / "empty.zarr")
    zarr.create_group(str(tmp_path / "g.zarr"))
    array(tmp_path / "g.zarr/0", (9, 9))
    with pytest.raises(UserError, match=r"give one of what it holds: .*g\.zarr/0$"):
        open_pixels(tmp_path / "g.zarr")
    assert open_pixels(tmp_path / "g.zarr/0").shape == (9, 9)
    with pytest.raises(UserError, match="int64 values"):
        open_pixels(array(tmp_path / "i.zarr", (9, 9), "int64"))


@pytest.mark.parametrize("path", ["../b.zarr", "/etc", "s/./0", ""])
def test_a_level_outside_the_image_is_refused(tmp_path, path):
    ome(tmp_path / "a.zarr")
    told = json.loads((tmp_path / "a.zarr/zarr.json").read_text())
    told["attributes"]["ome"]["multiscales"][0]["datasets"][1]["path"] = path
    (tmp_path / "a.zarr/zarr.json").write_text(json.dumps(told))
    with pytest.raises(UserError, match="as an array of its image"):
        open_pixels(tmp_path / "a.zarr")


def test_a_copy_replaces_an_earlier_one_and_nothing_is_left(tmp_path):
    path = array(tmp_path / "a.zarr", (9, 9))
    old = array(tmp_path / "out/a.zarr", (30, 30))
    assert files(copied(path)) == files(path)
    assert list(old.parent.iterdir()) == [old]


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path):
    path = array(tmp_path / "a.zarr", (40, 40), chunks=(40, 40))
    old = array(tmp_path / "out/a.zarr", (9, 9))
    before, source = files(old), open_pixels(path)
    copy = PixelCopy(source, old, "key")
    copy.write((), source.read(()).astype(np.float64))
    copy.plane_done(())
    with file_size_limit(1000), pytest.raises(UserError, match=r"out/a\.zarr cannot be written: "):
        copy.finish()
    assert files(old) == before
    assert sorted(p.name for p in old.parent.iterdir()) == ["a.zarr", "a.zarr.part"]
    copy.finish()
    assert files(old) == files(path)


def test_a_copy_inside_the_image_is_refused(tmp_path):
    source = open_pixels(array(tmp_path / "a.zarr", (9, 9)))
    with pytest.raises(UserError, match="is inside the image"):
        PixelCopy(source, tmp_path / "a.zarr/denoised/a.zarr", "key")


def test_the_hash_tells_each_byte_and_name(tmp_path):
    path = array(tmp_path / "a.zarr", (9, 9))
    before = open_pixels(path).sha256()
    chunk = next(p for p in path.rglob("c/*/*") if p.is_file())
    chunk.write_bytes(chunk.read_bytes()[::-1])
    other = open_pixels(path).sha256()
    chunk.rename(chunk.with_name("9"))
    assert len({before, other, open_pixels(path).sha256()}) == 3


def test_a_broken_chunk_is_told_by_file_and_plane(tmp_path):
    path = array(tmp_path / "a.zarr", (2, 9, 9))
    for chunk in path.rglob("c/*/*/*"):
        chunk.write_bytes(b"broken")
    with pytest.raises(UserError, match=r"a\.zarr, Q=1 cannot be read as an image: "):
        open_pixels(path).read((1,))


@pytest.mark.parametrize(
    ("key", "codec"),
    [
        ("compressor", {"id": "pickle"}),
        ("filters", [{"id": "quantize", "digits": 2, "dtype": "<f4"}]),
    ],
)
def test_a_codec_that_runs_code_or_loses_detail_is_refused(tmp_path, key, codec):
    path = array(tmp_path / "a.zarr", (9, 9), "float32", zarr_format=2)
    told = json.loads((path / ".zarray").read_text())
    (path / ".zarray").write_text(json.dumps({**told, key: codec}))
    with pytest.raises(UserError, match=r"pickle|the codec quantize, which is not written"):
        open_pixels(path)


def test_a_codec_inside_shards_is_refused_too(tmp_path):
    path = array(tmp_path / "a.zarr", (2, 16, 20), shards=(2, 16, 20))
    told = json.loads((path / "zarr.json").read_text())
    told["codecs"][0]["configuration"]["codecs"][0]["name"] = "numcodecs.zfpy"
    (path / "zarr.json").write_text(json.dumps(told))
    with pytest.raises(UserError, match=r"a\.zarr "):
        open_pixels(path)


@pytest.mark.parametrize(
    ("shape", "why"),
    [([10**12, 17, 23], "says that it has 1000000000000 planes"), ([2, 10**9, 23], "million pix")],
)
def test_a_folder_that_says_it_is_huge_is_refused(tmp_path, shape, why):
    path = array(tmp_path / "a.zarr", (2, 17, 23))
    told = json.loads((path / "zarr.json").read_text())
    (path / "zarr.json").write_text(json.dumps({**told, "shape": shape}))
    with pytest.raises(UserError, match=why):
        open_pixels(path)


def test_a_level_larger_than_the_first_is_refused_before_anything_is_computed(tmp_path):
    path = ome(tmp_path / "a.zarr")
    array(path / "s/1", (2, 2, 3, 17, 24), overwrite=True)
    with pytest.raises(UserError, match="a pyramid that does not get smaller"):
        open_pixels(path)


@pytest.mark.parametrize("name", ["zarr.json", "0/zarr.json"])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_damaged_metadata_is_told_in_a_line(name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zarr"
        image = {"axes": axes_of("YX"), "datasets": [{"path": "0"}]}
        zarr.create_group(str(path), attributes={"ome": {"version": "0.5", "multiscales": [image]}})
        array(path / "0", (9, 9))
        (path / name).write_bytes(data.draw(mutated_bytes((path / name).read_bytes())))
        with contextlib.suppress(UserError):
            open_pixels(path).read(())
