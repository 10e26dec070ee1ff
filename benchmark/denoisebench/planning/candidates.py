"""The methods to score, and their images, while a plan is made."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from denoisebench.images.image_set import ImageSet
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import LevelKnowledge
from denoisebench.planning.answers import evidence_of
from denoisebench.planning.given_weights import GivenWeights
from denoisebench.planning.plan import TrainingPlan
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Evidence, Method, Task
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec


class ScoringTest(NamedTuple):
    """The images that denoisers are scored on."""

    noise: Noise
    knowledge: LevelKnowledge
    image_set: ImageSet


class Candidate(NamedTuple):
    """A method for a task.  given: the weights that it has without a training, if any."""

    method: Method[Any]
    config: Any
    task: Task
    given: GivenWeights | None

    @property
    def evidence(self) -> Evidence:
        return evidence_of(self.method, self.config)

    @property
    def trains(self) -> bool:
        return self.given is None and self.evidence.is_trained

    @property
    def spec(self) -> str:
        return str(config_spec(self.method.name, self.config))


def tests_of(
    request: Request,
    noises: Sequence[Noise],
    image_sets: Sequence[ImageSet],
    registries: Registries,
) -> Iterator[ScoringTest]:
    """Each noise with each kind of parameters and each set; then sets that know their noise.

    The level of noise of unknown distribution is never known.
    """
    own = [image_set for image_set in image_sets if request.own_noise and image_set.noise]
    under = [(noise, [one for one in image_sets if one not in own]) for noise in noises]
    under += [(registries.noise(image_set.noise), [image_set]) for image_set in own]
    for noise, its in under:
        knowledge = request.parameters
        if noise.is_real:
            known = ("unknown" if p == "known" else p for p in knowledge)
            knowledge = tuple(dict.fromkeys(known))
        for parameters in knowledge:
            yield from (ScoringTest(noise, parameters, image_set) for image_set in its)


def labels_of(
    evidence: Evidence, training: TrainingPlan | None, given: GivenWeights | None
) -> dict[str, str]:
    """The origin of the denoiser, as a result states it."""
    untrained = {"draws": "", "train_set": "", "budget": "", "weights": "none"}
    labels = training.labels if training else given.labels if given else untrained
    return {"evidence": evidence.value, **labels}
