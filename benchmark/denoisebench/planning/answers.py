"""A method's answers while plans are made, each one checked.

All raise PluginError, with file and line, for what the method raises and for a wrong answer.
"""

import math
from collections.abc import Callable
from typing import Any

from denoisebench.errors import WrongAnswerError, answer_in_words, plugin_code
from denoisebench.noise.family import Noise
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import Evidence, Method, Task, TrainedMethod
from denoisebench.plugin.tiling import Tiling


def evidence_of(method: Method[Any], config: Any) -> Evidence:
    """The evidence of training."""
    evidence = _asked(method, method.evidence, config)
    if isinstance(evidence, Evidence):
        if (evidence is Evidence.IMAGE) != isinstance(method, ImageMethod):
            advice = "return Evidence.IMAGE for an ImageMethod, and for no other"
            raise _wrong(method, "evidence", evidence, advice)
        return evidence
    meant = [f"Evidence.{one.name}" for one in Evidence if one == evidence]
    advice = f"return {meant[0] if meant else 'one of Evidence, as Evidence.NOISY'}"
    raise _wrong(method, "evidence", evidence, advice)


def why_no_weights(method: Method[Any]) -> str:
    """Of a method that is not trained, in words."""
    how = "on each image by itself" if isinstance(method, ImageMethod) else "nothing"
    return f"{method.name} learns {how}"


def most_steps_of(method: ImageMethod[Any], config: Any) -> int:
    """The most steps that it takes on an image."""
    steps = _asked(method, method.most_steps, config)
    if isinstance(steps, int) and steps >= 1:
        return steps
    raise _wrong(method, "most_steps", steps, "return a whole number, 1 or more")


def frozen_weights_of(method: ImageMethod[Any], config: Any, task: Task) -> str | None:
    """The recipe of the bundled weights that it uses unchanged; None for none."""
    name = _asked(method, method.frozen_weights, config, task)
    if name is None or isinstance(name, str):
        return name
    advice = "return the name of a recipe, as noise2score/gray-gaussian25, or None"
    raise _wrong(method, "frozen_weights", name, advice)


def reason_to_decline(method: Method[Any], config: Any, task: Task) -> str | None:
    """Why the method does not apply; None if it does."""
    return _words(method, method.declines, config, task, "a reason in words, or None")


def warning_of(method: Method[Any], config: Any, task: Task) -> str | None:
    """Its warning; None for nothing."""
    return _words(method, method.warns, config, task, "a warning in words, or None")


def blind_noise_of(method: Method[Any], config: Any, noise: Noise) -> Noise:
    """The noise that it is trained on if the level is unknown."""
    blind = _asked(method, method.blind_noise, config, noise)
    if isinstance(blind, Noise):
        return blind
    raise _wrong(method, "blind_noise", blind, "return a Noise, as noise.blind_range()")


def config_as_trained(method: TrainedMethod[Any], config: Any) -> Any:
    """The config without what affects only denoising."""
    trained = _asked(method, method.trained_as, config)
    if isinstance(trained, method.config_type):
        return trained
    advice = f"return a {method.config_type.__name__}, as dataclasses.replace(config, ...)"
    raise _wrong(method, "trained_as", trained, advice)


def passes_of(method: TrainedMethod[Any], config: Any) -> int:
    """The cost of the loss, in passes of the network over each patch."""
    passes = _asked(method, method.passes_per_patch, config)
    if isinstance(passes, int) and passes >= 1:
        return passes
    advice = "return a whole number, 1 or more"
    raise _wrong(method, "passes_per_patch", passes, advice)


def stages_of(method: TrainedMethod[Any], config: Any, task: Task) -> tuple[float, ...]:
    """The share of the steps of each stage of a training."""
    shares = _asked(method, method.stages, config, task)
    sound = isinstance(shares, tuple | list) and all(isinstance(s, int | float) for s in shares)
    if sound and all(share > 0 for share in shares) and math.isclose(sum(shares), 1.0):
        return tuple(shares)
    advice = "return shares above 0 that add up to 1, as (0.5, 0.5)"
    raise _wrong(method, "stages", shares, advice)


def tiling_of(method: Method[Any], config: Any, task: Task) -> Tiling | None:
    """How an image may be cut into tiles; None if it may not."""
    tiling = _asked(method, method.tiling, config, task)
    if tiling is None or isinstance(tiling, Tiling):
        return tiling
    raise _wrong(method, "tiling", tiling, "return a Tiling, or None")


def _wrong(method: Method[Any], function: str, answer: object, advice: str) -> WrongAnswerError:
    return WrongAnswerError(method, function, answer_in_words(answer), advice)


def _asked(method: Method[Any], function: Callable[..., Any], *arguments: Any) -> Any:
    with plugin_code(method.name):
        return function(*arguments)


def _words(
    method: Method[Any], function: Callable[..., Any], config: Any, task: Task, wanted: str
) -> str | None:
    words = _asked(method, function, config, task)
    if words is None or isinstance(words, str):
        return words
    raise _wrong(method, function.__name__, words, f"return {wanted}")
