"""The suite from Python gives what the command line gives."""

import numpy as np
import pytest
import torch
from bench import bench

import denoisebench
from denoisebench.errors import UserError

SMALL = {"noise": "gaussian:25", "datasets": "samples-gray"}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("api")
    said: list[str] = []
    results = denoisebench.compare(
        ["identity", "tv"], **SMALL, out=place / "results", progress=said.append
    )
    assert said
    return place, results


def test_python_and_the_command_line_share_their_results(compared) -> None:
    place, results = compared
    told = ("--noise", "gaussian:25", "--datasets", "samples-gray")
    done = bench("compare", "--methods", "identity,tv", *told, cwd=place)
    assert done.stdout.strip() == results.table().strip()
    assert done.stderr.splitlines() == ["saved as results/table.txt"]  # nothing is computed again


def test_the_frame_has_a_row_for_each_image(compared) -> None:
    rows = compared[1].frame
    assert set(rows["method"]) == {"identity", "tv"}
    means = rows.groupby("method").psnr_db.mean()
    assert means["tv"] > means["identity"] + 3.0


def test_the_table_is_there_in_latex_and_markdown(compared) -> None:
    assert r"\begin{tabular}" in compared[1].to_latex()
    assert "| --- |" in compared[1].to_markdown()


def test_run_is_a_comparison_of_one(compared) -> None:
    place, results = compared
    one = denoisebench.run("tv", **SMALL, out=place / "results")
    assert one.cells == tuple(cell for cell in results.cells if cell.method == "tv")


def test_a_limit_of_memory_changes_no_figure_and_is_noted(tmp_path) -> None:
    asked = {**SMALL, "out": tmp_path}
    whole = denoisebench.run("nlm", **asked).cells[0]
    for path in tmp_path.rglob("*.json"):
        path.unlink()
    tiled = denoisebench.run("nlm", **asked, memory=0.001).cells[0]
    assert tiled.cell == whole.cell
    assert "tiles_px" not in whole.provenance
    assert tiled.provenance["tiles_px"] % 16 == 0
    for one, other in zip(tiled.scores, whole.scores, strict=True):
        assert one.psnr_db == pytest.approx(other.psnr_db, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": -1.0}, "--memory -1: give gigabytes above 0"),
        ({"noize": "gaussian:25"}, "unknown option 'noize'; did you mean 'noise'"),
        ({"draws": "often"}, "--draws often: give fixed or fresh"),
        ({"channels": "green"}, "--channels green: give gray or colour"),
        ({"datasets": "set13"}, "unknown data set 'set13'"),
    ],
)
def test_wrong_options_are_refused(options, message, tmp_path) -> None:
    with pytest.raises(UserError, match=message):
        denoisebench.run("tv", out=tmp_path, **options)


def test_a_report_that_is_not_there_is_refused(compared) -> None:
    with pytest.raises(UserError, match="unknown report 'tabel'; did you mean 'table'"):
        compared[1].render("tabel")


@pytest.fixture(scope="module")
def gray():
    return denoisebench.load_denoiser("noise2score", noise="gaussian:25", device="cpu")


def square(side: int = 40) -> np.ndarray:
    """A bright square on a dark ground."""
    image = np.full((side, side), 0.2)
    image[10:30, 10:30] = 0.8
    return image


def noisy(sigma_255: float = 25.0) -> np.ndarray:
    return square() + np.random.default_rng(0).normal(0.0, sigma_255 / 255.0, square().shape)


def test_a_denoiser_takes_an_array_and_gives_one(gray) -> None:
    estimate = gray(noisy())
    assert estimate.shape == (40, 40)
    assert estimate.dtype == np.float32
    assert np.square(estimate - square()).mean() < 0.2 * np.square(noisy() - square()).mean()


def test_a_tensor_gives_the_same_as_an_array(gray) -> None:
    image = torch.from_numpy(noisy())
    expected = gray(noisy())
    np.testing.assert_array_equal(gray(image[None])[0].numpy(), expected)
    stack = gray(torch.stack([image[None], image[None]]))
    assert stack.shape == (2, 1, 40, 40)
    np.testing.assert_array_equal(stack[1, 0].numpy(), expected)


def test_a_colour_image_keeps_its_channels_last() -> None:
    denoise = denoisebench.load_denoiser("tv", channels="colour", device="cpu")
    image = np.stack([noisy(), noisy(), noisy()], axis=2)
    assert denoise(image).shape == (40, 40, 3)


def test_a_level_that_is_estimated_is_not_given() -> None:
    denoise = denoisebench.load_denoiser("noise2score", parameters="unknown", device="cpu")
    assert denoise(noisy()).shape == (40, 40)
    with pytest.raises(UserError, match="estimates the level itself"):
        denoise(noisy(), level=25.0)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((40, 40), np.uint8), "not uint8; divide by 255"),
        (np.full((40, 40), 255.0), "go from 255 to 255"),
        (np.full((40, 40), np.nan), "must be finite"),
        (np.zeros((40, 40, 3)), "for gray images, with 1 channel"),
        (np.zeros((40, 40, 4)), r"an image is \(H, W\) or \(H, W, 3\)"),
        (torch.zeros(40, 40), "for gray images"),
    ],
)
def test_images_that_cannot_be_denoised_are_refused(gray, image, message) -> None:
    with pytest.raises(UserError, match=message):
        gray(image)


def test_no_weights_that_fit_is_said_with_what_there_is() -> None:
    with pytest.raises(UserError, match=r"no bundled weights fit noise2score for gaussian:7,"):
        denoisebench.load_denoiser("noise2score", noise="gaussian:7")


def test_the_package_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        denoisebench.train  # noqa: B018  # the look-up is the test
