"""`bench plot history`: what is drawn of trainings, how they are told apart, what is refused."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from bench import bench
from PIL import Image

from denoisebench.figures.training_curves import draw
from denoisebench.results.training_history import describe, open_trainings

RECIPE = {
    "method": "noise2noise",
    "noise": "gaussian:25",
    "parameters": "known",
    "train_set": "cbsd399",
    "draws": "fixed",
    "channels": 1,
    "budget": {"name": "", "steps": 40, "batch": 4, "crop_px": 32},
    "seed": 0,
    "source": "0123456789abcdef",
    "learning_rate": 0.002,
    "config": {},
}


def entries(losses: list[float], **more: float) -> list[dict[str, float]]:
    """A history with an entry every ten steps, half a second each."""
    return [
        {"step": 10 * n, "loss": loss, "train_s": 0.5 * n, **more}
        for n, loss in enumerate(losses, start=1)
    ]


def add(
    results: Path, name: str, history: list[dict[str, float]] | None = None, **changes: Any
) -> Path:
    """A training's folder, as `bench run` leaves it."""
    folder = results / "trainings" / name
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, **changes}))
    text = json.dumps(entries([0.02, 0.01]) if history is None else history)
    (folder / "history.json").write_text(text)
    return folder


def words(svg: Path) -> str:
    """Every text of an SVG, in the order in which it is drawn."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8"))
    return "\n".join(found)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    add(tmp_path / "results", "c0ffee01")
    add(tmp_path / "results", "c0ffee02", method="supervised")
    add(tmp_path / "results", "beef0003", noise="gaussian:50", method="noise2score")
    return tmp_path / "results"


def test_the_command_draws_trainings_by_the_start_of_their_ids(results: Path) -> None:
    done = bench("plot", "history", "beef", "c0ffee02", cwd=results.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "saved as history.png\n"
    with Image.open(results.parent / "history.png") as picture:
        assert min(picture.size) > 300
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 2  # not blank


def test_a_folder_names_a_training_wherever_it_is(results: Path) -> None:
    folder = str(results / "trainings" / "beef0003")
    (training,) = open_trainings([folder], Path("nowhere"))
    assert training.recipe.method == "noise2score"
    assert open_trainings(["beef0003"], results) == [training]


def test_an_id_that_another_id_begins_with_is_that_training(results: Path) -> None:
    add(results, "beef00031", seed=1)
    (training,) = open_trainings(["beef0003"], results)
    assert training.recipe.seed == 0


def test_curves_run_over_steps_seconds_or_megapixels(results: Path) -> None:
    (training,) = open_trainings(["beef"], results)
    assert training.curve("loss", "step") == ([10, 20], [0.02, 0.01])
    assert training.curve("loss", "seconds")[0] == [0.5, 1.0]
    expected = [10 * 4 * 32 * 32 / 1e6, 20 * 4 * 32 * 32 / 1e6]
    assert training.curve("loss", "megapixels")[0] == expected


def test_a_series_recorded_now_and_then_keeps_its_place(results: Path) -> None:
    history = entries([0.03, 0.02, 0.01])
    history[1]["oracle_psnr_db"] = 28.5
    add(results, "now-and-then", history)
    (training,) = open_trainings(["now"], results)
    assert training.curve("oracle_psnr_db", "step") == ([20], [28.5])
    assert training.curve("rate", "step") == ([], [])


def test_a_panel_is_drawn_for_each_series_that_is_there(results: Path, tmp_path: Path) -> None:
    full = entries([0.02, 0.01], held_out_loss=0.015, rate=1e-3, oracle_psnr_db=29.0)
    add(results, "full", full)
    out = tmp_path / "history.svg"
    draw(open_trainings(["full", "beef"], results), "seconds", out)
    for title in ("Training loss", "Loss on held-out images", "Learning rate"):
        assert title in words(out)
    assert "Oracle PSNR: clean images, held out" in words(out)
    assert words(out).count("training time (s)") == 4
    draw(open_trainings(["beef"], results), "step", out)
    assert "Training loss" in words(out)
    assert not re.search("Learning|Oracle|held-out", words(out))


def test_losses_of_different_units_get_a_logarithmic_axis_and_a_negative_one_a_linear(
    results: Path, tmp_path: Path
) -> None:
    add(results, "large", entries([2.0, 1.0]))
    add(results, "risk", entries([-0.002, -0.003]))
    add(results, "rates", [*entries([0.02], rate=1.0), *entries([0.01], rate=1e-3)])
    out = tmp_path / "history.svg"
    draw(open_trainings(["large", "beef"], results), "step", out)
    assert "mathdefault{10^{" in out.read_text(encoding="utf-8")
    draw(open_trainings(["large", "risk"], results), "step", out)
    assert "mathdefault{10^{" not in out.read_text(encoding="utf-8")
    draw(open_trainings(["rates"], results), "step", out)
    assert "mathdefault{10^{" not in out.read_text(encoding="utf-8")


def test_a_loss_that_is_not_a_number_is_a_gap(results: Path, tmp_path: Path) -> None:
    add(results, "gap", entries([0.02, math.nan, 0.01]))
    draw(open_trainings(["gap"], results), "step", tmp_path / "history.svg")
    assert "Training loss" in words(tmp_path / "history.svg")


def test_the_same_curves_are_the_same_file(results: Path, tmp_path: Path) -> None:
    trainings = open_trainings(["beef", "c0ffee01"], results)
    for ending in (".svg", ".png"):
        first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
        draw(trainings, "step", first)
        draw(trainings, "step", second)
        assert first.read_bytes() == second.read_bytes()
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()


def test_the_legend_says_what_differs_and_the_title_what_does_not(results: Path) -> None:
    common, labels = describe(open_trainings(["c0ffee01", "c0ffee02", "beef"], results))
    assert common == ("parameters known, on cbsd399, gray, fixed draws, 40 steps of 4×32², seed 0")
    assert labels == [
        "noise2noise, gaussian:25",
        "supervised, gaussian:25",
        "noise2score, gaussian:50",
    ]


def test_the_words_of_the_legend_are_drawn(results: Path, tmp_path: Path) -> None:
    draw(open_trainings(["c0ffee02", "beef"], results), "step", tmp_path / "history.svg")
    assert "supervised, gaussian:25" in words(tmp_path / "history.svg")
    assert "noise2score, gaussian:50" in words(tmp_path / "history.svg")


def test_one_training_is_told_by_its_method(results: Path) -> None:
    common, labels = describe(open_trainings(["beef"], results))
    assert labels == ["noise2score"]
    assert common.startswith("gaussian:50, parameters known")


def test_a_setting_that_only_one_has_tells_it(results: Path) -> None:
    add(results, "aimed", target_noise="text:25", channels=3)
    _, labels = describe(open_trainings(["aimed", "c0ffee01"], results))
    assert labels == ["target text:25, colour", "gray"]


def test_what_people_do_not_know_tells_where_nothing_else_does(results: Path) -> None:
    add(results, "slower", learning_rate=0.001)
    add(results, "twin0001")
    assert describe(open_trainings(["slower", "c0ffee01"], results))[1] == [
        "learning_rate 0.001",
        "learning_rate 0.002",
    ]
    assert describe(open_trainings(["twin", "c0ffee01"], results))[1] == ["twin0001", "c0ffee01"]


def test_a_config_is_not_told_beside_the_method_that_it_is_of(results: Path) -> None:
    add(results, "twin0001")
    add(results, "probe001", method="noise2score:probe=single", config={"probe": "single"})
    _, labels = describe(open_trainings(["twin", "c0ffee01", "probe"], results))
    assert labels == [
        "noise2noise, twin0001",
        "noise2noise, c0ffee01",
        "noise2score:probe=single, probe001",
    ]


def fails(*arguments: str, cwd: Path) -> str:
    """The one line on which the command refuses."""
    done = bench("plot", "history", *arguments, cwd=cwd)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


def test_a_training_that_cannot_be_told_is_refused(results: Path) -> None:
    here = results.parent
    assert "did you mean 'beef0003'?" in fails("beef0004", cwd=here)
    assert "may be c0ffee01, c0ffee02; give more of its id" in fails("c0f", cwd=here)
    assert "beef0003 is named twice" in fails("beef", "beef0003", cwd=here)
    assert "give --results DIR" in fails("beef", "--results", "elsewhere", cwd=here)
    assert "no recipe.json in it" in fails("results", cwd=here)


def test_a_training_that_has_recorded_nothing_is_refused(results: Path) -> None:
    folder = add(results, "young")
    (folder / "history.json").rename(folder / "checkpoint.pt")
    assert "training young has recorded nothing yet" in fails("young", cwd=results.parent)


def test_a_training_that_runs_is_drawn_as_far_as_it_is(results: Path, tmp_path: Path) -> None:
    folder = add(results, "young")
    lines = [json.dumps(entry) for entry in entries([0.03, 0.02])]
    (folder / "history.json").unlink()
    (folder / "history.jsonl").write_text("\n".join([*lines, '{"step": 30, "lo']))
    (young,) = trainings = open_trainings(["young"], results)
    assert young.curve("loss", "step") == ([10, 20], [0.03, 0.02])
    assert not young.ended
    draw(trainings, "step", tmp_path / "a.svg")
    assert "noise2noise (until step 20)" in words(tmp_path / "a.svg")


@pytest.mark.parametrize("infinite", ['"inf"', "Infinity"])
def test_an_infinite_loss_is_read_as_files_write_and_wrote_it(results: Path, infinite: str) -> None:
    text = f'[{{"step": 1, "train_s": 1, "loss": {infinite}}}]'
    (results / "trainings" / "beef0003" / "history.json").write_text(text)
    (training,) = open_trainings(["beef"], results)
    assert training.curve("loss", "step") == ([1], [math.inf])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"step": 1', "damaged"),
        ("[]", "it is no list of entries"),
        ("[3]", "entry 1 is no object"),
        ('[{"step": 1, "train_s": 1}]', "loss of entry 1: None is not a number"),
        ('[{"step": 1, "train_s": 1, "loss": 1, "rate": "x"}]', "rate of entry 1: 'x' is not"),
    ],
)
def test_a_damaged_history_is_refused(results: Path, text: str, why: str) -> None:
    (results / "trainings" / "beef0003" / "history.json").write_text(text)
    line = fails("beef", cwd=results.parent)
    assert "history.json is damaged" in line
    assert why in line


def test_a_recipe_without_its_budget_is_refused(results: Path) -> None:
    (results / "trainings" / "beef0003" / "recipe.json").write_text('{"budget": {"steps": 1}}')
    line = fails("beef", cwd=results.parent)
    assert "recipe.json is damaged: Object missing required field" in line


def test_a_file_that_cannot_be_written_is_refused(results: Path) -> None:
    here = results.parent
    line = fails("beef", "--out", "history.pdf", cwd=here)
    assert line == "bench: --out history.pdf: give a file that ends in .png or .svg"
    assert "no/h.png cannot be written: No such file" in fails(
        "beef", "--out", "no/h.png", cwd=here
    )
    (here / "taken.svg").mkdir()
    assert "taken.svg cannot be written: Is a directory" in fails(
        "beef", "--out", "taken.svg", cwd=here
    )
