"""What `loss` or `denoise` returns wrongly is named by the line of its `def` in `bench run`."""

from pathlib import Path

import pytest
from bench import bench
from broken import SOUND, broken

LOSS = "        return (predicted - batch.target).square().mean(dim=(1, 2, 3))\n"
DENOISED = "        return model.network(noisy) * model.config.gain\n"

WRONG = {
    "mean": (LOSS, LOSS.replace("dim=(1, 2, 3)", ""), "loss",
             "loss returned the shape (), in plugin.py:{}: return a value for each patch, (4,): a"
             " mean over (1, 2, 3)"),
    "number": (LOSS, "        return 0.5\n", "loss", "loss returned float, in plugin.py:{}: "),
    "nan": (LOSS, "        return (predicted * float('nan')).mean(dim=(1, 2, 3))\n", "loss",
            "the loss, or its gradient, was not finite from step 1, in plugin.py:{}: guard"
            " divisions and roots"),
    "array": (DENOISED, "        return noisy.numpy()\n", "denoise",
              "denoise returned ndarray, not Tensor, in plugin.py:{}: return a Tensor (1, C, H, W)"
              " of the image's size, or a Denoised of one"),
    "smaller": (DENOISED, "        return noisy[..., 1:, :]\n", "denoise",
                " of an image of (1, 1, "),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_bench_run_names_the_function_its_line_and_what_to_return(
    name: str, tmp_path: Path
) -> None:
    old, new, function, said = WRONG[name]
    broken(tmp_path, [(old, new)])
    line = 1 + SOUND[: SOUND.index(f"def {function}(")].count("\n")
    asked = ("--method", "sound", "--datasets", "samples-gray", "--budget", "smoke")
    train = ("--train-set", "samples-gray:part=train", "--steps", "60")
    done = bench("run", "--plugin", "plugin.py", *asked, *train, cwd=tmp_path)
    assert done.returncode == 1
    assert f"sound: {said.format(line)}" in done.stderr or said in done.stderr, done.stderr
    assert "learning rate" not in done.stderr


def test_bench_check_says_an_array_is_no_tensor(tmp_path: Path) -> None:
    broken(tmp_path, [(DENOISED, "        return noisy.numpy()\n")])
    done = bench("check", "plugin.py", "--only", "level,shape", cwd=tmp_path)
    said = " ".join(done.stdout.split())
    assert "FAIL shape gray, gaussian:25 known: at 40×48 denoise returned ndarray, not" in said
    assert "Return a Tensor (1, C, H, W) of the image's size, or a Denoised of one." in said
    assert "1 failed" in said
