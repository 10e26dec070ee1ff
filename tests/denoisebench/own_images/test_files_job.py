"""Files are denoised in planes that a later process continues with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from denoisebench.errors import UserError
from denoisebench.own_images import files_job, treatments
from denoisebench.own_images.files_job import FilesJob
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.sidecar import is_finished
from denoisebench.progress import Progress
from denoisebench.registry.loader import load

RAMP = np.linspace(60.0, 190.0, 40)[:, None] + 20.0 * np.sin(np.arange(48) / 7.0)


def stack(count: int = 6, sigma: float = 10.0, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.0, sigma, (count, *RAMP.shape))
    return np.rint(RAMP + noise).astype(np.uint16)


def job_of(folder: Path, progress: Callable[[Progress], None], **options: Any) -> FilesJob:
    return FilesJob(DenoiseOptions(**options), load(()), folder / "results", progress)


class Stops:
    """Raises KeyboardInterrupt once so many planes are done; counts them."""

    def __init__(self, after: int) -> None:
        self.after, self.planes = after, 0

    def __call__(self, progress: Progress) -> None:
        if "planes" in progress.what:
            self.planes += 1
            if self.planes == self.after:
                raise KeyboardInterrupt


@pytest.mark.parametrize("options", [{"method": "nlm"}, {"method": "nlm", "tile": 32}])
def test_an_interrupted_stack_is_continued_and_comes_out_the_same(
    tmp_path: Path, options: dict[str, object]
) -> None:
    path, whole, broken = (tmp_path / f"{name}.tif" for name in ("in", "whole", "broken"))
    tifffile.imwrite(path, stack(), imagej=True, metadata={"axes": "TYX"})
    list(job_of(tmp_path, lambda _: None, **options).run([(path, whole)]))
    for after in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            list(job_of(tmp_path, Stops(after), **options).run([(path, broken)]))
        assert not broken.exists()
    last = Stops(100)
    assert not next(job_of(tmp_path, last, **options).run([(path, broken)])).failed
    assert last.planes == 2
    assert broken.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_other_options_begin_anew(tmp_path: Path) -> None:
    path, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(path, stack())
    with pytest.raises(KeyboardInterrupt):
        list(job_of(tmp_path, Stops(3), method="nlm").run([(path, out)]))
    every = Stops(100)
    list(job_of(tmp_path, every, method="nlm:h=0.9").run([(path, out)]))
    assert every.planes == 6


def test_a_small_limit_of_memory_changes_no_plane(tmp_path: Path) -> None:
    path, outs = tmp_path / "in.npy", [tmp_path / "a.npy", tmp_path / "b.npy"]
    np.save(path, np.tile(stack(2), (1, 3, 4)))
    for out, memory in zip(outs, (None, 1e-3), strict=True):
        said: list[Progress] = []
        job = job_of(tmp_path, said.append, method="nlm", memory=memory)
        assert not next(job.run([(path, out)])).failed
        assert any("tiles" in each.what for each in said) == (memory is not None)
    np.testing.assert_array_equal(np.load(outs[0]), np.load(outs[1]))


def test_tiles_are_halved_when_memory_runs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(path, stack(1)[0])
    method, _ = load(()).method("identity")
    denoise, limit = type(method).denoise, 1000

    def short(*arguments: Any) -> Any:
        if arguments[3].shape[-1] * arguments[3].shape[-2] > limit:
            raise RuntimeError("can't allocate memory")
        return denoise(*arguments)

    monkeypatch.setattr(type(method), "denoise", short)
    said: list[str] = []
    job = job_of(tmp_path, lambda at: said.append(at.what), method="identity")
    assert not next(job.run([(path, out)])).failed
    assert "memory ran out; tiles of 24 pixels are tried" in said
    np.testing.assert_array_equal(np.load(out), np.load(path))


def test_channels_are_estimated_alone_and_others_copied(tmp_path: Path) -> None:
    path, out = tmp_path / "in.tif", tmp_path / "out.tif"
    channels = np.stack([stack(2, 4.0), stack(2, 20.0, 1)], axis=1)
    tifffile.imwrite(path, channels, imagej=True, metadata={"axes": "TCYX"})
    (outcome,) = job_of(tmp_path, lambda _: None, method="nlm").run([(path, out)])
    assert outcome.line.count("noise Gaussian") + outcome.line.count("noise Poisson") == 2
    removed = tifffile.imread(out).astype(float) - channels
    assert removed.std(axis=(0, 2, 3)) == pytest.approx([4.0, 20.0], rel=0.25)
    (outcome,) = job_of(tmp_path, lambda _: None, method="nlm", channel=1).run([(path, out)])
    np.testing.assert_array_equal(tifffile.imread(out)[:, 0], channels[:, 0])
    assert (tifffile.imread(out)[:, 1] != channels[:, 1]).any()


def test_means_of_a_flickering_stack_stay(tmp_path: Path) -> None:
    path, out = tmp_path / "in.npy", tmp_path / "out.npy"
    pages = stack(4) * np.array([1.0, 0.8, 1.2, 0.9])[:, None, None]
    np.save(path, np.rint(pages).astype(np.uint16))
    list(job_of(tmp_path, lambda _: None, method="nlm").run([(path, out)]))
    before, after = (np.load(p).astype(float).mean(axis=(1, 2)) for p in (path, out))
    assert np.abs(after - before).max() <= 0.002 * np.ptp(pages)


def test_no_more_pictures_are_kept_than_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_job, "MOST_FILES", 2)
    pairs = [(tmp_path / f"{k}.npy", tmp_path / "out" / f"{k}.npy") for k in range(3)]
    for path, _ in pairs:
        np.save(path, stack(1)[0])
    shown: dict[Path, list[object]] = {}
    options = DenoiseOptions(method="identity")
    job = FilesJob(options, load(()), tmp_path, lambda _: None, shown)
    assert not any(outcome.failed for outcome in job.run(pairs))
    assert [len(files) for files in shown.values()] == [2]


def test_the_weights_in_the_box_are_looked_at_once_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs, looks = [], []
    for seed in range(3):
        path = tmp_path / f"{seed}.tif"
        tifffile.imwrite(path, stack(1, seed=seed)[0])
        pairs.append((path, tmp_path / "out" / path.name))
    whole = treatments.fitting_denoisers

    def counted(*given: Any) -> Any:
        looks.append(given)
        return whole(*given)

    monkeypatch.setattr(treatments, "fitting_denoisers", counted)
    lines = [outcome.line for outcome in job_of(tmp_path, lambda _: None).run(pairs)]
    assert all("noise2score zoo:gray-gaussian" in line for line in lines)
    assert len(looks) == 1


def test_weights_that_are_not_there_are_refused_before_a_file_is_read(tmp_path: Path) -> None:
    job = job_of(tmp_path, lambda _: None, weights=str(tmp_path / "none"))
    with pytest.raises(UserError, match="No such file"):
        next(job.run([(tmp_path / "nowhere.npy", tmp_path / "out.npy")]))


def test_an_image_whose_sidecar_was_not_written_is_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(path, stack())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    job = job_of(tmp_path, lambda _: None, method="nlm")
    with monkeypatch.context() as patched:
        patched.setattr(files_job, "write_sidecar", killed)
        with pytest.raises(KeyboardInterrupt):
            list(job.run([(path, out)]))
    assert out.exists()
    assert not is_finished(out)
    again = Stops(100)
    list(job_of(tmp_path, again, method="nlm").run([(path, out)]))
    assert again.planes == 0
    assert is_finished(out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.npy", "out.npy", "out.npy.json"]


def test_a_file_of_another_origin_is_finished_and_an_earlier_one_until_it_is_replaced(
    tmp_path: Path,
) -> None:
    path, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(path, stack())
    out.write_bytes(b"of another program")
    assert is_finished(out)
    list(job_of(tmp_path, lambda _: None, method="nlm").run([(path, out)]))
    with pytest.raises(KeyboardInterrupt):
        list(job_of(tmp_path, Stops(3), method="nlm:h=0.9").run([(path, out)]))
    assert is_finished(out)


def test_another_series_is_told_and_shown_by_its_own_pixels(tmp_path: Path) -> None:
    path, out = tmp_path / "in.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(path) as writer:
        for series in (np.zeros((2, 9, 9), np.uint16), stack()):
            writer.write(series, photometric="minisblack")
    job = job_of(tmp_path, lambda _: None, method="nlm", series=1)
    assert not next(job.run([(path, out)])).failed
    assert tifffile.imread(out, series=1).std() < stack().std()


def test_a_zarr_folder_comes_out_as_the_same_array_does(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra denoisebench[zarr] is not installed")
    np.save(tmp_path / "a.npy", stack())
    path = str(tmp_path / "a.zarr")
    zarr.create_array(path, shape=stack().shape, dtype="u2", chunks=(4, 9, 9))[...] = stack()
    pairs = [(tmp_path / name, tmp_path / "out" / name) for name in ("a.npy", "a.zarr")]
    outcomes = list(job_of(tmp_path, lambda _: None, method="nlm").run(pairs))
    assert not any(outcome.failed for outcome in outcomes)
    told = [outcome.line.split("; saved")[0].split("  ")[1] for outcome in outcomes]
    assert told[0] == told[1]
    np.testing.assert_array_equal(np.load(pairs[0][1]), zarr.open(pairs[1][1])[...])
