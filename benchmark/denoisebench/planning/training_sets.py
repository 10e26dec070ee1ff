"""Choose the training images of a request, or say why they cannot be used."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import ImageSet
from denoisebench.images.overlap import CLEAN_AND_TEST, CLEAN_AND_TRAIN, refuse_overlap
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Evidence, Task
from denoisebench.registry.registries import Registries
from denoisebench.training.recipe import HALF


@dataclass(frozen=True)
class TrainingSets:
    """The sets that the trainings of one request use.  note: called with remarks for the user."""

    request: Request
    registries: Registries
    note: Callable[[str], None]

    def refuse_unused(self, evidences: Collection[Evidence]) -> None:
        """Raise UserError for a clean set that no method takes; evidences: of all methods."""
        if self.request.clean_set is not None and Evidence.UNPAIRED not in evidences:
            raise UserError(
                f"--clean-set {self.request.clean_set}: no method asked for sees clean images of"
                " other scenes"
            )

    @cached_property
    def name(self) -> str:
        """The first training set that is on this machine, else the last; skipped ones are noted."""
        *preferred, last = self.request.train_sets
        for name in preferred:
            source, spec = self.registries.source(name)
            if source.is_local(spec):
                return name
            self.note(
                f"training set {name} is not on this machine (`bench datasets fetch {name}` brings"
                f" it); training uses {last}"
            )
        return last

    @cached_property
    def _stored(self) -> ImageSet:
        return self.registries.image_set(self.name)

    @cached_property
    def _stored_clean(self) -> ImageSet:
        return self.registries.image_set(self.clean_name)

    @property
    def clean_name(self) -> str:
        """The clean set that was asked for, HALF by default."""
        return self.request.clean_set or HALF

    def train_set(self, task: Task, image_set: ImageSet | None) -> ImageSet:
        """The training images for a task and a test set, gray or colour as the task is.

        image_set: None if nothing is scored.
        """
        if self.request.transductive:
            assert image_set is not None  # it is what is trained on
            return image_set
        return _in_channels(self._stored, task.channels, "training set")

    def clean_set(
        self, evidence: Evidence, task: Task, train_set: ImageSet, tested: Sequence[ImageSet]
    ) -> ImageSet | None:
        """The given clean images for UNPAIRED evidence, gray or colour as the task is.

        None for half of the training set, and for other evidence.  Raises UserError if they are in
        the training set or in a tested one.
        """
        if evidence is not Evidence.UNPAIRED or self.clean_name == HALF:
            return None
        clean_set = _in_channels(self._stored_clean, task.channels, "clean set")
        for other in tested:
            refuse_overlap(clean_set, other, CLEAN_AND_TEST)
        refuse_overlap(clean_set, train_set, CLEAN_AND_TRAIN)
        return clean_set

    def refuses_transductive(self, evidence: Evidence) -> str | None:
        """Why a training may not use the scored images; None if it may."""
        if not self.request.transductive or not evidence.is_trained or evidence is Evidence.NOISY:
            return None
        only = "--train-set test shows the scored noisy images alone"
        if evidence is not Evidence.UNPAIRED:
            return f"{only}; it needs {evidence.value}"
        if self.clean_name == HALF:
            return f"{only}; give clean images of other scenes with --clean-set"
        return None

    def refuses_given(
        self, evidence: Evidence, task: Task, image_set: ImageSet | None
    ) -> str | None:
        """Why a training cannot use the given pairs of images; None if it can."""
        train_set = self.train_set(task, image_set)
        if not train_set.noisy_is_given:
            return None
        if not train_set.has_reference and evidence is not Evidence.NOISY:
            return f"{train_set.spec} has one noisy copy of each image; it needs {evidence.value}"
        if self.request.draws == "fresh":
            return "the training set gives its noisy images: there are no fresh draws of them"
        if evidence is Evidence.NOISY_PAIRS:
            if task.target_noise is not None:
                return "the training set gives both images of each pair: leave --target-noise out"
            self.note(
                f"{self.name}: the images of its second folder are taken as second noisy copies"
            )
        if evidence is Evidence.UNPAIRED and self.clean_name == HALF:
            self.note(f"{self.name}: half of the images of its second folder are taken as clean")
        return None


def _in_channels(image_set: ImageSet, channels: int, what: str) -> ImageSet:
    """The set in gray or colour.  Raises UserError if there is no such version."""
    if channels == image_set.channels:
        return image_set
    if channels == GRAY:
        return image_set.gray(image_set.spec)
    raise UserError(
        f"{what} {image_set.spec} is gray and a data set is colour; give a colour {what}"
    )
