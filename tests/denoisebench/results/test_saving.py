"""Saved pictures and arrays: what is in them, read back by the suite, and when some are missing."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from here import here
from PIL import Image
from scoring import DenoiserOutput, cell, images, scored

from denoisebench.errors import UserError
from denoisebench.execution.runner import ExecutionOptions, Runner
from denoisebench.images.shown_range import shown_range
from denoisebench.planning.plan import Plan
from denoisebench.plugin.method import Denoised, Output
from denoisebench.results.saved_images import Saver
from denoisebench.specs import parse_spec

WHITE = 10 / 255


def found(noisy):
    """Half the noisy image, with a mean of as many channels and a spread of one."""
    std = torch.linspace(-0.01, 0.3, noisy[0, 0].numel()).view(1, 1, *noisy.shape[2:])
    outputs = {"mean": Output(noisy * 0.25), "std": Output(std, WHITE)}
    return Denoised(noisy * 0.5, 24.5, outputs)


@pytest.fixture(params=[1, 3], ids=["gray", "colour"])
def saved(request, tmp_path):
    method = DenoiserOutput(found)
    clean = images((request.param, 20, 40), (request.param, 36, 12))
    planned = cell(method, clean, image_set="bsd300", protocol="nvlabs")
    saver = Saver(planned, tmp_path, ("pictures", "arrays"))
    scored(planned, saver)
    return clean, method, saver


def read_back(sources, folder):
    spec = parse_spec(f"folder:{folder}")
    return {image.id: image.load() for image in sources["folder"].open(spec).images}


def test_the_suite_reads_saved_arrays_back_bit_for_bit_of_the_first_repeat(
    saved, sources, monkeypatch
):
    clean, method, saver = saved
    monkeypatch.chdir(saver.out)
    base = saver.folder("arrays").relative_to(saver.out)
    pairs = zip(method.seen[::3], clean, strict=True)
    first = [seen[:, : x.shape[1], : x.shape[2]] for seen, x in pairs]
    for name, factor in (("noisy", 1.0), ("denoised", 0.5), ("mean", 0.25)):
        back = read_back(sources, base / name)
        assert list(back) == ["a.npy", "b.npy"]
        for pixels, noisy in zip(back.values(), first, strict=True):
            assert np.array_equal(pixels, noisy * np.float32(factor))
    assert all(pixels.shape[0] == 1 for pixels in read_back(sources, base / "std").values())
    assert min(x.min() for x in read_back(sources, base / "std").values()) == np.float32(-0.01)
    stored = np.load(base / "denoised" / "a.npy")
    assert stored.dtype == np.float32
    assert stored.shape == ((20, 40) if len(clean[0]) == 1 else (20, 40, 3))


def test_a_picture_has_noisy_denoised_and_clean_side_by_side_and_each_output_one_of_its_own(saved):
    clean, method, saver = saved
    folder = saver.folder("pictures")
    strip = np.asarray(Image.open(folder / "a.png"))
    noisy = method.seen[0][:, :20, :40]
    shown = np.concatenate([noisy, noisy * 0.5, clean[0]], axis=2).clip(0, 1)
    expected = np.rint(shown * 255).transpose(1, 2, 0).astype(np.uint8)
    assert np.array_equal(strip, expected[..., 0] if len(clean[0]) == 1 else expected)
    std = np.asarray(Image.open(folder / "std" / "a.png"))
    array = np.load(saver.folder("arrays") / "std" / "a.npy")
    assert np.array_equal(std, np.rint((array / WHITE).clip(0, 1) * 255))
    assert (std.min(), std.max()) == (0, 255)
    assert len(list(folder.rglob("*.png"))) == 2 * 3


@pytest.mark.parametrize(("low", "high"), [(1500 / 65535, 4600 / 65535), (90.0, 280.0)])
def test_a_picture_of_values_far_from_0_and_1_is_stretched_by_the_percentiles_of_the_clean_one(
    tmp_path, low, high
):
    clean = [np.float32(low) + np.float32(high - low) * x for x in images((1, 24, 40))]
    method = DenoiserOutput(found)
    saver = Saver(cell(method, clean), tmp_path, ("pictures",))
    scored(saver.cell, saver)
    strip = np.asarray(Image.open(saver.folder("pictures") / "a.png"))
    black, white = np.percentile(clean[0], (0.1, 99.9))
    shown = np.concatenate([method.seen[0], method.seen[0] * 0.5, clean[0]], axis=2)
    expected = np.rint(((shown - black) / (white - black)).clip(0, 1) * 255)[0]
    assert np.abs(strip.astype(float) - expected).max() <= 1
    assert strip[:, 80:].min() == 0
    assert strip[:, 80:].max() == 255
    with (saver.folder("pictures") / "levels.csv").open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert float(line["black"]) == pytest.approx(black, rel=1e-3)
    assert float(line["white"]) == pytest.approx(white, rel=1e-3)


def test_ordinary_images_are_never_stretched():
    rng = np.random.default_rng(0)
    for values in (
        rng.integers(0, 9, (3, 16, 16)) / 255,  # a night in 8 bits
        np.full((1, 8, 8), 0.5),
        rng.random((1, 32, 32)),
        rng.random((1, 32, 32)) + 0.4 * rng.standard_normal((1, 32, 32)),
    ):
        assert shown_range(values.astype(np.float32)) == (0.0, 1.0)
    assert shown_range(rng.integers(90, 280, (1, 16, 16)) / 65535) != (0.0, 1.0)


def test_levels_stand_beside_in_a_table(saved):
    _, _, saver = saved
    for kind in ("pictures", "arrays"):
        with (saver.folder(kind) / "levels.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        assert [line["image"] for line in lines] == ["a.png", "b.png"]
        assert lines[0] == {
            "image": "a.png",
            "level": "25",
            "level_estimate": "24.5",
            "black": "0",
            "white": "1",
            "outputs": "mean std",
        }


def test_nothing_is_saved_unasked(tmp_path):
    planned = cell(DenoiserOutput(found), images((1, 20, 20)))
    scored(planned, Saver(planned, tmp_path))
    assert not list(tmp_path.iterdir())


def test_images_of_one_name_are_numbered(tmp_path):
    planned = cell(DenoiserOutput(found), images((1, 20, 20), (1, 20, 20)))
    one, two = planned.image_set.images
    alike = replace(planned.image_set, images=(replace(one, id="x.png"), replace(two, id="x.jpg")))
    planned = replace(planned, image_set=alike)
    saver = Saver(planned, tmp_path, ("arrays",))
    scored(planned, saver)
    names = sorted(path.name for path in (saver.folder("arrays") / "denoised").iterdir())
    assert names == ["00001-x.npy", "00002-x.npy"]
    assert not saver.missing()


def test_a_folder_can_be_named_in_a_spec_whatever_the_image_set_is(tmp_path):
    planned = cell(DenoiserOutput(found), images((1, 8, 8)), image_set="folder:a/b,c:channels=gray")
    folder = Saver(planned, tmp_path, ("arrays",)).folder("arrays").relative_to(tmp_path)
    assert not set(str(folder)) & set(":,=")
    assert folder.parts[:3] == ("arrays", "folder_a_b_c_channels_gray", "gaussian_25")


def run(planned, out, *kinds):
    return Runner(Plan((planned,)), here(out), ExecutionOptions(kinds)).run()


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        *(("pictures", name) for name in ("a.png", "std/b.png", "mean/a.png", "levels.csv")),
        *(("arrays", name) for name in ("noisy/a.npy", "denoised/b.npy", "std/a.npy")),
    ],
)
def test_a_finished_cell_is_computed_again_when_a_file_asked_for_is_not_there(tmp_path, kind, lost):
    method = DenoiserOutput(found)
    planned = cell(method, images((1, 20, 20), (1, 20, 20)))
    saver = Saver(planned, tmp_path, (kind,))
    run(planned, tmp_path)
    assert saver.missing()
    run(planned, tmp_path, kind)
    assert len(method.seen) == 4
    run(planned, tmp_path, kind)
    assert len(method.seen) == 4, "it computed again what was there"
    (saver.folder(kind) / lost).unlink()
    run(planned, tmp_path)
    assert len(method.seen) == 4, "it computed again what nobody asked for"
    run(planned, tmp_path, kind)
    assert len(method.seen) == 6
    assert (saver.folder(kind) / lost).exists()


@pytest.mark.parametrize("text", ["", "image,level\n", "\n\n", "image,level\nc.png,1\n", "\udcff"])
def test_a_table_of_levels_that_is_not_ours_counts_as_missing(saved, text):
    _, _, saver = saved
    assert not saver.missing()
    path = saver.folder("arrays") / "levels.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert saver.missing()


def test_an_image_named_like_a_formula_is_written_as_text_and_is_not_missing(tmp_path):
    planned = cell(DenoiserOutput(found), images((1, 20, 20)))
    (image,) = planned.image_set.images
    named = replace(planned.image_set, images=(replace(image, id="=1+1.png"),))
    planned = replace(planned, image_set=named)
    saver = Saver(planned, tmp_path, ("arrays",))
    scored(planned, saver)
    text = (saver.folder("arrays") / "levels.csv").read_text(encoding="utf-8")
    assert "\n'=1+1.png," in text
    assert not saver.missing()


def test_a_file_that_cannot_be_written_is_told_in_one_line_and_leaves_no_part_of_it(tmp_path):
    planned = cell(DenoiserOutput(found), images((1, 20, 20)))
    saver = Saver(planned, tmp_path, ("arrays",))
    (saver.folder("arrays") / "noisy" / "a.npy").mkdir(parents=True)
    with pytest.raises(UserError, match=r"a\.npy cannot be written: "):
        scored(planned, saver)
    assert not list(tmp_path.rglob("*.part"))


def test_folders_of_a_set_with_a_long_spec_can_be_made(tmp_path):
    spec = f"pairs:{'n' * 200}:{'c' * 200}"
    saver = Saver(
        cell(DenoiserOutput(found), images((1, 20, 40)), image_set=spec), tmp_path, ("arrays",)
    )
    assert max(len(part) for part in saver.folder("arrays").parts) <= 100
    saver.folder("arrays").mkdir(parents=True)
