"""Each check of methods fails for a plugin that breaks its rule, and no other one does."""

from pathlib import Path

import pytest
from broken import SOUND, broken, failures, plugin

from denoisebench.conformance import checks

Changes = list[tuple[str, str]]

LOSS = "        predicted = model.network(batch.noisy).float() * model.config.gain\n"
RETURNED = "        return (predicted - batch.target).square().mean(dim=(1, 2, 3))\n"
DENOISED = "        return model.network(noisy) * model.config.gain\n"
NETWORK = "        return nn.Conv2d(task.channels, task.channels, 3, padding=1)\n"

BROKEN: dict[str, Changes] = {
    "names": [('name = "sound"', 'name = "Sound_1"')],
    "config": [('f"gain: {self.gain:g} must', 'f"{self.gain:g} must')],
    "signature": [("def loss(self, model, batch, moment, rng)", "def loss(self, model, batch)")],
    "answers": [("return Evidence.NOISY_PAIRS", "return 'noisy-pairs'")],
    "model-answers": [
        ("    def denoise(", "    def for_level(self, model, level): ...\n\n    def denoise(")
    ],
    "declines": [('"it is for gray images', 'self.name + " is for gray images')],
    "pickles": [
        ("    def declines(", "    def __reduce__(self):\n        return 1\n\n    def declines(")
    ],
    "init-seeded": [
        (
            NETWORK,
            "        import random\n"
            "        made = nn.Conv2d(task.channels, task.channels, 3, padding=1)\n"
            "        made.register_buffer('offset', __import__('torch').tensor(random.random()))\n"
            "        return made\n",
        )
    ],
    "evidence": [("return Evidence.NOISY_PAIRS", "return Evidence.NOISY")],
    "loss-shape": [("dim=(1, 2, 3))\n", "dim=(0, 1, 2, 3))\n")],
    "loss-seeded": [
        (LOSS, f"        import torch\n{LOSS}        predicted = predicted + torch.rand(())\n")
    ],
    "loss-per-patch": [
        (RETURNED, RETURNED.rstrip() + ".mean().expand(len(batch.noisy))\n"),
    ],
    "gradients": [(".float()", ".detach().float()")],
    "crops": [
        (LOSS, LOSS + "        assert batch.noisy.shape[-1] >= 64, 'too small a patch'\n"),
    ],
    "level": [(DENOISED, DENOISED.rstrip() + " + 0.0 * level\n")],
    "shape": [(DENOISED, DENOISED.rstrip() + ".double()\n")],
    "any-size": [
        (DENOISED, "        assert min(noisy.shape[-2:]) > 1, 'too thin'\n" + DENOISED),
    ],
    "keeps-input": [(DENOISED, "        noisy -= 0.5\n" + DENOISED)],
    "deterministic": [
        (
            DENOISED,
            "        import torch\n        noisy = noisy + torch.randn(noisy.shape)\n" + DENOISED,
        )
    ],
    "equivariance": [("halo=1", "halo=0")],
    "blind": [
        (
            "    def denoise(",
            "    def blind_prediction(self, model, noisy):\n"
            "        return model.network(noisy)\n\n    def denoise(",
        )
    ],
    "passes": [(LOSS, LOSS + "        predicted = predicted + 0.0 * model.network(batch.noisy)\n")],
    "learns": [(LOSS, LOSS + "        predicted = 2.0 * predicted.detach() - predicted\n")],
    "denoises": [(DENOISED, "        return noisy\n")],
    "resume": [
        (
            LOSS,
            "        self.calls = 1 if moment.step == 0 else getattr(self, 'calls', 0) + 1\n"
            + LOSS.rstrip()
            + " + 0.001 * self.calls\n",
        )
    ],
    "save-load": [
        (
            NETWORK,
            "        made = nn.Conv2d(task.channels, task.channels, 3, padding=1)\n"
            "        offset = made.bias.detach()[0] + 1.0\n"
            "        made.register_buffer('offset', offset, persistent=False)\n"
            "        return made\n",
        ),
        (DENOISED, DENOISED.rstrip() + " + model.network.offset\n"),
    ],
    "alone": [
        (
            DENOISED,
            "        last, self.last = getattr(self, 'last', noisy.mean()), noisy.mean()\n"
            + DENOISED.rstrip()
            + " + last\n",
        )
    ],
}


def test_a_sound_plugin_fails_nothing(tmp_path: Path) -> None:
    assert not failures(broken(tmp_path, []), slow=True)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_fails_its_check_and_no_other(name: str, tmp_path: Path) -> None:
    found = failures(broken(tmp_path, BROKEN[name]), slow=name == "denoises")
    assert list(found) == [name], found
    assert "plugin.py:" in found[name]


def test_each_check_of_methods_has_a_plugin_that_breaks_it(tmp_path: Path) -> None:
    known = {check.id for check in checks(plugin(broken(tmp_path, [])))}
    assert known - BROKEN.keys() == {"import-light"}


def test_a_failure_names_the_line_and_its_code(tmp_path: Path) -> None:
    path = broken(tmp_path, BROKEN["crops"])
    line = 1 + SOUND[: SOUND.index(RETURNED)].count("\n")
    said = failures(path)["crops"]
    assert f"(plugin.py:{line})" in said
    assert "crop 32: AssertionError: too small a patch `assert batch.noisy" in said
    assert "Set `smallest_crop = 64`, or use run_padded in the loss." in said


def test_a_patch_that_no_budget_has_is_only_noted(tmp_path: Path) -> None:
    square = "        assert len(set(batch.noisy.shape[-2:])) == 1, 'not square'\n"
    (crops,) = (
        c for c in checks(plugin(broken(tmp_path, [(LOSS, LOSS + square)]))) if c.id == "crops"
    )
    assert crops.run().status == "NOTE"
    assert "a patch of 64×96 raises AssertionError: not square" in crops.run().text


def test_other_configs_are_checked_if_the_method_lists_them(tmp_path: Path) -> None:
    listed = [
        (
            "    learning_rate",
            "    check_configs = (Config(), Config(gain=2.0))\n    learning_rate",
        ),
        (RETURNED, RETURNED + "\n"),
        (LOSS, LOSS + "        assert model.config.gain < 2.0, 'too much'\n"),
    ]
    found = failures(broken(tmp_path, listed))
    assert list(found) == ["loss-shape"]
    assert found["loss-shape"].startswith(
        "FAIL gain=2, gray, gaussian:25 known: AssertionError: too"
    )


def test_what_needs_a_check_that_fails_is_skipped(tmp_path: Path) -> None:
    outcomes = {
        check.id: check.run()
        for check in checks(plugin(broken(tmp_path, BROKEN["evidence"])))
        if check.id != "import-light"
    }
    assert "NOISY shows no clean image and no second noisy" in outcomes["evidence"].text
    assert str(outcomes["loss-seeded"]) == "SKIP evidence fails"
    assert outcomes["deterministic"].status == "PASS"


UNLEARNED = """
def unlearned(model, batch):
    import torch

    with torch.no_grad():
        return model.network(batch.noisy)


"""


@pytest.mark.parametrize(
    ("runs", "declared", "status", "said"),
    [
        ("1.0", 2, "NOTE", "costs 1 passes; passes_per_patch says 2. Return 1, so that"),
        ("model.network(batch.noisy)", 2, "PASS", ""),
        ("model.network(batch.noisy[..., ::2, ::2]).mean()", 1, "PASS", ""),
        ("unlearned(model, batch)", 1, "FAIL", "costs 1.33 passes; passes_per_patch says 1"),
        ("unlearned(model, batch)", 1, "FAIL", "Return 2, so that it gets no more training"),
    ],
)
def test_passes_are_counted_by_their_cost_and_the_number_to_return_is_told(
    runs: str, declared: int, status: str, said: str, tmp_path: Path
) -> None:
    function = f"    def passes_per_patch(self, config):\n        return {declared}\n\n"
    changes = [
        (LOSS, f"{LOSS}        predicted = predicted + 0.0 * {runs}\n"),
        ("    def denoise(", f"{function}    def denoise("),
        ("class Sound(", f"{UNLEARNED}class Sound("),
    ]
    (passes,) = (c for c in checks(plugin(broken(tmp_path, changes))) if c.id == "passes")
    assert passes.run().status == status
    assert said in str(passes.run())
