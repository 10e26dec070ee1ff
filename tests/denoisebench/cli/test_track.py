"""`--track`: what it refuses before anything starts, and what it leaves."""

import sys
from pathlib import Path

import pytest
from bench import bench, make_images

CALL = ("compare", "--methods", "identity", "--datasets", "folder:test")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tensorbord", "unknown tracker 'tensorbord'; did you mean 'tensorboard'?"),
        ("csv", "--track csv: give the file too, as csv:curves.csv"),
        ("csv:a,csv:b", "--track csv:a,csv:b: csv can be given once"),
        (
            "tensorboard",
            "--track tensorboard needs the package tensorboard: pip install"
            " 'denoisebench[tensorboard]'",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    done = bench(*CALL, "--track", asked, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"bench: {said}\n")
    assert not list(tmp_path.iterdir())


def test_scores_are_in_the_file_and_what_is_stored_is_not_told_again(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 2)
    for _ in range(2):
        done = bench(*CALL, "--track", "csv:told/a.csv", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    header, psnr, ssim = (tmp_path / "told" / "a.csv").read_text().splitlines()
    assert header == "run,step,tag,value"
    assert psnr.startswith("identity-gaussian_25-")
    assert ",,test/psnr_db folder:test gaussian:25,2" in psnr
    assert ",,test/ssim folder:test gaussian:25,0." in ssim
