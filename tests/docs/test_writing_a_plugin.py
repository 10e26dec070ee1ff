"""Every file and every command of docs/writing-a-plugin.md works as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from bench import bench

from denoisebench.conformance import (
    answer_checks,
    image_checks,
    image_fit_checks,
    image_set_checks,
    loss_checks,
    noise_checks,
    promise_checks,
    report_checks,
    static_checks,
    table_checks,
    training_checks,
)
from denoisebench.plugin import hooks

DOC = Path(__file__).parents[2] / "docs" / "writing-a-plugin.md"
NAMED_FILE = re.compile(r"^\*\*`(\S+)`\*\*\n\n```\w+\n(.*?)^```", re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    if program == "bench":
        return bench(*arguments, cwd=folder)
    assert program == "python"
    call = [sys.executable, *arguments]
    return subprocess.run(call, cwd=folder, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """What each command printed (stdout, stderr), all run in order in one folder of the files."""
    folder = tmp_path_factory.mktemp("plugin")
    text = DOC.read_text(encoding="utf-8")
    for name, source in NAMED_FILE.findall(text):
        (folder / name).write_text(source, encoding="utf-8")
    outputs = {}
    for command in "".join(COMMANDS.findall(text)).replace("\\\n", "").splitlines():
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        outputs[command] = (done.stdout, done.stderr)
    return outputs


def test_every_python_block_has_a_file_name():
    text = DOC.read_text(encoding="utf-8")
    named = [name for name, _ in NAMED_FILE.findall(text) if name.endswith(".py")]
    assert len(named) == text.count("```python") == 16


def test_every_hook_is_explained():
    text = DOC.read_text(encoding="utf-8")
    for hook in (name for name in vars(hooks) if name.startswith("register_")):
        assert f"def {hook}(" in text, hook
        assert f"| `{hook}` |" in text, hook


def test_each_check_has_a_row():
    modules = (noise_checks, image_set_checks, report_checks, table_checks)
    of_methods = (
        *static_checks.OF_METHODS,
        *loss_checks.RULES,
        *answer_checks.OF_MODELS,
        *image_checks.RULES,
        *promise_checks.OF_TRAINED,
        *training_checks.RULES,
        *image_fit_checks.RULES,
    )
    ids = [rule.id for rule in of_methods] + [r.id for module in modules for r in module.RULES]
    section = DOC.read_text(encoding="utf-8").partition("## Check it\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.M) == list(dict.fromkeys(ids))


def test_every_command_prints_a_result_with_the_images_named(outputs):
    scored = re.compile("bench (run|compare) ")
    shown = [stdout for command, (stdout, _) in outputs.items() if scored.match(command)]
    assert len(shown) == 11
    for stdout in shown:
        assert re.search(r"(folder|npz):images/test", stdout)
        assert re.search(r"\b[1-4]\d\.\d\d", stdout), stdout


def test_a_method_that_declines_is_left_out_with_its_reason(outputs):
    (output,) = (output for command, output in outputs.items() if "my_noise" in command)
    table, beneath = output[0].split("PSNR in dB")
    assert "my-method" not in table
    assert "–: my-method declines even:25 known" in beneath
    assert "my-method declines even:25 known: it recorrupts Gaussian noise" in output[1]


def test_what_is_written_of_a_method_is_shown(outputs):
    (output,) = (output for command, output in outputs.items() if "show method" in command)
    shown = " ".join(output[0].split())
    assert "about Recorrupted-to-Recorrupted: for y = x + n," in shown
    assert "a 0.5: how strong the added noise is, in standard deviations" in shown


def test_published_figures_stand_beside_ours(outputs):
    (output,) = (output for command, output in outputs.items() if "my_published" in command)
    assert "29.14 [1]" in output[0]
    assert "[1] A. Author et al. (ICCV 2027), Table 1 (float-1)" in output[0]
    assert "not comparable: trained less" in " ".join(output[0].split())


def test_a_recipe_is_trained_and_its_file_named(outputs):
    ((stdout, _),) = (output for command, output in outputs.items() if "zoo train" in command)
    assert "weights  results/zoo/my-method/gray-gaussian25.safetensors\n" in stdout
