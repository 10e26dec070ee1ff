"""`bench estimate` says what noise a user's files hold, or why it cannot be told."""

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import bench, bench_process
from PIL import Image

SIDE = 160


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """photos/: float TIFF, 8-bit PNG and a flat PNG; pairs of them with the clean image."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    clean = (0.2 + 0.3 * rows + 0.3 * columns).astype(np.float32)
    images = {
        "gaussian.tif": clean + 25.0 / 255.0 * rng.standard_normal(clean.shape),
        "poisson.tif": 0.05 * rng.poisson(clean / 0.05),
        "gamma.tif": clean * rng.gamma(50.0, 1.0 / 50.0, clean.shape),
    }
    for folder in ("photos", "clean"):
        (tmp_path / folder).mkdir()
    for name, image in images.items():
        Image.fromarray(image.astype(np.float32)).save(tmp_path / "photos" / name)
        Image.fromarray(clean).save(tmp_path / "clean" / name)
    eight_bit = np.rint(np.clip(images["gaussian.tif"], 0.0, 0.7) * 255.0).astype(np.uint8)
    for name, pixels in {"clipped.png": eight_bit, "flat.png": eight_bit * 0 + 7}.items():
        (tmp_path / "eight").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "eight" / name)
    return tmp_path


def lines(place: Path, *arguments: str) -> list[str]:
    done = bench("estimate", *arguments, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def level(line: str, family: str) -> float:
    found = re.search(rf" {family}:([\d.]+) ", line)
    assert found, line
    return float(found[1])


def test_family_and_level_of_each_file_are_told(place: Path) -> None:
    gamma, gaussian, poisson = lines(place, "photos")
    assert gaussian.startswith("photos/gaussian.tif  gaussian:")
    assert "  σ: standard deviation, 0-255 units; confidence 0.99; variance grows as" in gaussian
    assert level(gaussian, "gaussian") == pytest.approx(25.0, rel=0.05)
    assert level(poisson, "poisson") == pytest.approx(0.05, rel=0.05)
    assert level(gamma, "gamma") == pytest.approx(50.0, rel=0.08)
    (whole,) = lines(place, "photos/gaussian.tif")
    assert whole == gaussian


def test_a_known_family_is_not_asked_for(place: Path) -> None:
    (line,) = lines(place, "photos/gamma.tif", "--noise", "gamma")
    assert level(line, "gamma") == pytest.approx(50.0, rel=0.08)
    assert line.endswith("  k: shape, 1 or more")
    (line,) = lines(place, "eight/flat.png", "--noise", "gaussian")
    assert line == "eight/flat.png  cannot tell: the image is too small, too dark or flat"


def test_gain_and_read_noise_or_offset_of_an_image_are_told_as_a_spec(place: Path) -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    clean = np.clip(1.3 * rows * columns + 0.02, 0.0, 1.0)  # from dark to bright
    rng = np.random.default_rng(0)
    noisy = 0.02 * rng.poisson(clean / 0.02) + 5.0 / 255.0 * rng.standard_normal(clean.shape)
    Image.fromarray(noisy.astype(np.float32)).save(place / "read.tif")
    (line,) = lines(place, "read.tif", "--noise", "poisson-gaussian")
    found = re.search(r"  poisson-gaussian:([\d.]+):([\d.]+) ±[\d.]+  g: gain", line)
    assert found, line
    assert float(found[1]) == pytest.approx(0.02, rel=0.1)
    assert float(found[2]) == pytest.approx(5.0, rel=0.3)
    (line,) = lines(place, "eight/flat.png", "--noise", "poisson-gaussian")
    assert line == "eight/flat.png  cannot tell: the images are too small or flat, or saturated"


def test_image_sets_are_taken_and_of_pairs_the_noisy_images(place: Path) -> None:
    told = lines(place, "pairs:photos:clean", "folder:photos")
    assert len(told) == 6
    assert [line.partition("  ")[2] for line in told[:3]] == [
        line.partition("  ")[2] for line in told[3:]
    ]


def test_a_clipped_image_gets_a_warning(place: Path) -> None:
    done = bench("estimate", "eight", "--noise", "gaussian", cwd=place)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert re.fullmatch(r"eight/clipped.png: \d+\.\d% of the pixels have .*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("photos", "--noise", "gausian"), "unknown noise model 'gausian'; did you mean 'gaus"),
        (("photos", "--noise", "box"), "noise 'box' has no estimator of its level; chi2, gam"),
        (("nowhere.png",), "unknown file, folder or data set 'nowhere.png'"),
        (("set-12",), "did you mean 'set12'?"),
        (("empty",), "empty holds no image"),
        (("photos/*.png",), "no file matches 'photos/*.png'"),
        ((), "Missing argument 'INPUT...'"),
        (("photos", "--scale", "9:1"), "give auto, dtype or LOW:HIGH"),
        (("photos", "--gain", "0"), "give a number above 0"),
        (("photos", "--gain=2", "--noise=gaussian"), "leave --noise gaussian out"),
        (("photos/gamma.tif", "--channel", "3"), "gamma.tif has channel 0 alone"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    (place / "empty").mkdir()
    (place / "box.py").write_text(
        "from denoisebench.plugin.hooks import hookimpl\n"
        "from denoisebench.noise.family import NoiseFamily\n"
        "class Box(NoiseFamily):\n"
        "    name, summary, symbol, unit = 'box', 'box', 'a', 'width'\n"
        "    lowest, highest, blind = 0.0, 1.0, (0.1, 0.2)\n"
        "    def sample(self, clean, level, stream):\n"
        "        return clean\n"
        "@hookimpl\n"
        "def register_noise_models():\n"
        "    return [Box()]\n"
    )
    done = bench("estimate", *arguments, "--plugin", "box.py", cwd=place)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_stack_tells_its_noise_in_its_own_numbers_for_each_channel(place: Path) -> None:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:96, :96] / 96
    clean = 60.0 * (0.5 + 0.5 * np.sin(6 * rows) * np.cos(5 * columns))
    camera = [2.0 * rng.poisson(clean) + 100.0 for _ in range(3)]
    even = [1000.0 + 5.0 * clean + 30.0 * rng.standard_normal(clean.shape) for _ in range(3)]
    stack = np.rint(np.stack([camera, even], axis=1)).astype(np.uint16)
    tifffile.imwrite(place / "cells.tif", stack, imagej=True, metadata={"axes": "TCYX"})
    done = bench("estimate", "cells.tif", cwd=place)
    assert done.returncode == 0, done.stderr
    detector, gaussian = done.stdout.splitlines()
    ends = "(from 3 planes), in the numbers of the file; TCYX 3×2×96×96 uint16"
    assert detector.endswith(ends)
    gain, error = re.findall(
        r"^cells.tif channel 0  Poisson-Gaussian: gain ([\d.]+) ±([\d.]+), ", detector
    )[0]
    assert float(gain) == pytest.approx(2.0, rel=0.1)
    assert 0.0 < float(error) < 0.2
    assert gaussian.endswith(ends)
    sigma = re.findall(r"^cells.tif channel 1  Gaussian: σ ([\d.]+) ±[\d.]+ ", gaussian)[0]
    assert float(sigma) == pytest.approx(30.0, rel=0.05)
    first, _ = bench("estimate", "cells.tif", "--noise=gaussian", cwd=place).stdout.splitlines()
    assert first.startswith("cells.tif channel 0  Gaussian: σ ")


def test_files_are_read_as_denoise_reads_them(place: Path) -> None:
    rng = np.random.default_rng(1)
    clean = 60.0 * (0.5 + 0.5 * np.sin(np.arange(96) / 16.0)) * np.ones((96, 1))
    camera = np.rint(2.0 * rng.poisson(clean, (3, 96, 96)) + 100.0)
    even = np.rint(1000.0 + 5.0 * clean + 30.0 * rng.standard_normal((3, 96, 96)))
    np.save(place / "cells.npy", np.stack([camera, even], axis=1).astype(np.uint16))
    np.save(place / "one.npy", even[0].astype(np.uint16))
    axes = ("cells.npy", "--axes=TCYX")
    (line,) = lines(place, *axes, "--channel=0", "--gain=2", "--offset=90")
    assert line.startswith("cells.npy channel 0  Poisson-Gaussian: gain 2, offset 90, read ")
    (line,) = lines(place, *axes, "--channel=1", "--scale=1000:1510")
    assert " on the scale 1000:1510; TCYX 3×2×96×96 uint16" in line
    assert level(line, "gaussian") == pytest.approx(15.0, rel=0.1)
    (line,) = lines(place, "one.npy", "--scale=1000:1510")
    assert level(line, "gaussian") == pytest.approx(15.0, rel=0.1)


def test_floats_of_any_range_tell_their_noise_in_their_own_numbers(place: Path) -> None:
    rng = np.random.default_rng(2)
    (place / "floats").mkdir()
    ramp = np.linspace(0.0, 1.0, 128)[:, None] * np.ones(128)
    for name, span, sigma in (("a.npy", 1e-3, 5e-5), ("b.npy", 4000.0, 200.0)):
        noisy = span * ramp + sigma * rng.standard_normal(ramp.shape)
        np.save(place / "floats" / name, noisy.astype(np.float32))
    for line, sigma in zip(lines(place, "floats/*.npy"), (5e-5, 200.0), strict=True):
        assert float(line.split("σ ")[1].split()[0]) == pytest.approx(sigma, rel=0.1)
        assert line.endswith("in the numbers of the file; YX 128×128 float32")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_done(place: Path) -> None:
    (place / "photos" / "broken.tif").write_text("no image")
    done = bench("estimate", "photos", cwd=place)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.startswith("bench: photos/broken.tif is not a TIFF, PNG, JPEG, BMP, MRC")
    np.save(place / "counts.npy", np.arange(64 * 64).reshape(64, 64).astype(np.uint16))
    gamma = bench("estimate", "counts.npy", "--noise", "gamma", cwd=place)
    assert gamma.returncode == 2
    assert "for gamma noise give the image set folder:." in gamma.stderr


def test_an_estimate_imports_no_torch(place: Path) -> None:
    check = "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules)); "
    done = bench_process("estimate", "photos/gamma.tif", cwd=place, before=check)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"


def test_correlated_noise_is_told_with_the_methods_that_it_rules_out(place: Path) -> None:
    white = np.random.default_rng(0).standard_normal((SIDE + 1, SIDE + 1))
    alike = white[1:, 1:] + white[:-1, 1:] + white[1:, :-1] + white[:-1, :-1]
    Image.fromarray((0.5 + 0.03 * alike).astype(np.float32)).save(place / "alike.tif")
    done = bench("estimate", "alike.tif", "photos/gaussian.tif", "--correlation", cwd=place)
    assert done.returncode == 0
    first, told, _, untouched = done.stdout.splitlines()
    assert first.startswith("alike.tif  ")
    found = re.search(r"correlate by ([\d.]+) \(right [\d.]+, below [\d.]+\); pixels two", told)
    assert found, told
    assert 0.35 < float(found[1]) < 0.55
    assert "photos/gaussian.tif  neighbours correlate by 0.0" in untouched.replace("-", "")
    assert "is correlated in 1 of 2 (0." in done.stderr
    assert "noise2self" in done.stderr
    assert "supervised" not in done.stderr
