"""Self-ensembles: they turn with the image, have ids and columns of their own, and cost 8 times."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import bench, make_images
from scoring import DenoiserOutput, cell, images
from torch import Tensor
from torch.nn.functional import conv2d, pad

from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.images.orientations import method_label, without_ensemble
from denoisebench.planning.ids import hash_of
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.method import Denoised, Output

NOISY = torch.rand((1, 3, 12, 17), generator=torch.Generator().manual_seed(0))
SAMPLES = ("--datasets", "samples-gray")


def orientation(quarters: int, flip: bool) -> Callable[[Tensor], Tensor]:
    """A turn by so many quarters after a flip up and down, by indices alone."""

    def turn(image: Tensor) -> Tensor:
        pixels = image.numpy()[..., ::-1, :] if flip else image.numpy()
        return torch.from_numpy(np.rot90(pixels, quarters, (2, 3)).copy())

    return turn


EIGHT = [orientation(quarters, flip) for flip in (False, True) for quarters in range(4)]


def slanted(noisy: Tensor, level: float | None) -> Denoised:
    """Blurs along rows more than along columns, and to one side; its level and its output, of one
    channel, depend on the orientation too."""
    assert noisy.is_contiguous()
    kernel = torch.tensor([[0.1, 0.5, 0.0], [0.0, 0.3, 0.1], [0.0, 0.0, 0.0]])
    blurred = conv2d(pad(noisy.transpose(0, 1), (1, 1, 1, 1), "replicate"), kernel[None, None])
    image = blurred.transpose(0, 1) ** 2
    found = Output(image.mean(1, keepdim=True), white=1.0 + float(noisy[0, 0, 0, 0]))
    return Denoised(image, (level or 0.0) + float(noisy[0, 0, 0, 0]), {"found": found})


def equivariant(noisy: Tensor, level: float | None) -> Tensor:
    del level
    smooth = conv2d(
        pad(noisy.transpose(0, 1), (1, 1, 1, 1), "replicate"), torch.full((1, 1, 3, 3), 1 / 9)
    )
    return smooth.transpose(0, 1).clamp(0.2, 0.8)


def denoised(result: Tensor | Denoised) -> Denoised:
    assert isinstance(result, Denoised)
    return result


@pytest.mark.parametrize("turn", EIGHT)
def test_what_is_made_of_a_turned_image_is_what_is_made_of_it_turned(
    turn: Callable[[Tensor], Tensor],
) -> None:
    ensemble = self_ensembled(slanted)
    made, of_turned = denoised(ensemble(NOISY, 25.0)), denoised(ensemble(turn(NOISY), 25.0))
    assert made.image.shape == NOISY.shape
    torch.testing.assert_close(of_turned.image, turn(made.image))
    torch.testing.assert_close(of_turned.outputs["found"].image, turn(made.outputs["found"].image))
    assert of_turned.outputs["found"].white == pytest.approx(made.outputs["found"].white)
    assert of_turned.level == pytest.approx(made.level)


def test_the_denoiser_of_these_tests_alone_does_not_turn_with_the_image() -> None:
    for turn in EIGHT[1:]:
        apart = slanted(turn(NOISY), 25.0).image - turn(slanted(NOISY, 25.0).image)
        assert float(apart.abs().max()) > 0.1


def test_a_denoiser_that_turns_with_the_image_makes_what_it_makes_alone() -> None:
    made = denoised(self_ensembled(equivariant)(NOISY, None))
    torch.testing.assert_close(made.image, equivariant(NOISY, None))
    assert made.level is None
    assert not made.outputs


def test_the_level_is_the_mean_of_those_estimated_which_are_the_four_corners() -> None:
    corners = [float(NOISY[0, 0, y, x]) for y in (0, -1) for x in (0, -1)]
    made = denoised(self_ensembled(slanted)(NOISY, 25.0))
    assert made.level == pytest.approx(25.0 + np.mean(corners))
    assert made.outputs["found"].white == pytest.approx(1.0 + np.mean(corners))


def test_levels_and_outputs_that_some_orientations_lack_do_no_harm() -> None:
    def wide_alone(noisy: Tensor, level: float | None) -> Denoised:
        del level
        wide = noisy.shape[3] > noisy.shape[2]
        return Denoised(noisy, 7.0 if wide else None, {"wide": Output(noisy)} if wide else {})

    made = denoised(self_ensembled(wide_alone)(NOISY, None))
    assert made.level == 7.0
    assert not made.outputs
    torch.testing.assert_close(made.image, NOISY)


def as_before(planned: CellPlan) -> str:
    """The id that a cell had before there were self-ensembles."""
    return hash_of(
        {
            "version": 1,
            "method": "made",
            "source": "",
            "weights": "",
            "parameters": "known",
            "noise": "gaussian:25",
            "images": "folder:x",
            "digest": planned.image_set.digest,
            "protocol": "float-1",
            "seed": 0,
        }
    )


def test_the_id_is_another_with_it_and_as_before_without() -> None:
    plain = cell(DenoiserOutput(lambda noisy: noisy), images((1, 12, 17)))
    ensemble = replace(plain, self_ensemble=True)
    assert plain.id == as_before(plain)
    assert ensemble.id != plain.id
    assert (plain.method_label, ensemble.method_label) == ("made", "made (x8)")


def test_a_label_tells_the_spec_and_whether_it_is_one() -> None:
    for spec in ("tv", "noise2score:probe=single"):
        for on in (False, True):
            assert without_ensemble(method_label(spec, self_ensemble=on)) == (spec, on)


def lines_of(text: str) -> dict[str, dict[str, str]]:
    """The lines of a CSV report by method."""
    return {line["method"]: line for line in csv.DictReader(io.StringIO(text))}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of samples, each with and without a self-ensemble."""
    folder = tmp_path_factory.mktemp("ensembles")
    compare = ("compare", "--methods", "identity,tv", *SAMPLES, "--keep-estimates")
    for more in ((), ("--self-ensemble",)):
        done = bench(*compare, *more, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert ("tv (x8)" in done.stdout) == bool(more)
        assert ("(x8): the method denoises each image in its 8" in done.stdout) == bool(more)
    return folder


def test_a_run_names_it_in_the_column(tmp_path: Path) -> None:
    done = bench("run", "--method", "tv", *SAMPLES, "--self-ensemble", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tv (x8)" in done.stdout.splitlines()[0]


def test_each_has_a_column_beside_the_other(place: Path) -> None:
    both = ("report", "--format", "table", "--methods", "tv,tv (x8)")
    assert re.search(r"\btv +tv \(x8\)", bench(*both, cwd=place).stdout)
    lines = lines_of(bench("report", "--format", "csv", cwd=place).stdout)
    assert set(lines) == {"identity", "identity (x8)", "tv", "tv (x8)"}
    psnr_db = {method: float(line["psnr_db"]) for method, line in lines.items()}
    assert psnr_db["identity (x8)"] == pytest.approx(psnr_db["identity"], abs=1e-3)
    assert psnr_db["tv (x8)"] != psnr_db["tv"]


@pytest.mark.parametrize("kind", ["markdown", "latex", "html", "json", "noise2score-table2"])
def test_every_report_can_show_it(place: Path, kind: str) -> None:
    done = bench("report", "--format", kind, "--out", "shown", cwd=place)
    assert done.returncode == 0, done.stderr
    assert kind == "noise2score-table2" or "tv (x8)" in (place / "shown").read_text("utf-8")


def test_a_name_alone_chooses_it_as_it_does_other_settings(place: Path) -> None:
    done = bench("report", "--methods", "tv", "--format", "csv", cwd=place)
    assert set(lines_of(done.stdout)) == {"tv", "tv (x8)"}


def test_kept_estimates_of_it_are_scored_again_as_a_run_would(place: Path) -> None:
    other = ("--protocol", "float:estimate=half-even")
    assert bench("rescore", *other, cwd=place).returncode == 0
    plan = bench(
        "run", "--method", "tv", *SAMPLES, *other, "--self-ensemble", "--dry-run", cwd=place
    )
    assert re.search(r"tv \(x8\) on samples-gray .*: done", plan.stdout)


def test_a_sweep_names_it_too(place: Path) -> None:
    sweep = ("sweep", "--method", "tv", *SAMPLES, "--noise", "gaussian:25", "--self-ensemble")
    done = bench(*sweep, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "tv (x8)" in done.stdout


def test_a_settings_file_asks_for_it_and_a_dry_run_takes_eight_times_as_long(
    tmp_path: Path,
) -> None:
    (tmp_path / "run.toml").write_text("self-ensemble = true\n")
    make_images(tmp_path / "test", 80, side=250)
    run = ("run", "--method", "tv", "--datasets", "folder:test", "--dry-run")
    plans = [bench(*run, *more, cwd=tmp_path).stdout for more in ((), ("--config", "run.toml"))]
    seconds = [float(re.findall(r"about (\d+) s", plan)[0]) for plan in plans]
    assert seconds == [10, 80]
