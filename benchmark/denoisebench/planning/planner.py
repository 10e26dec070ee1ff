"""From what was asked to a plan.

Imports no torch: a comparison that is finished already prints at once.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from denoisebench.errors import PluginError, UserError
from denoisebench.images.image_set import ImageSet
from denoisebench.nn.shelf import modules_of
from denoisebench.noise.family import Noise
from denoisebench.noise.given import take_given_noise
from denoisebench.noise.level_knowledge import TrainingKnowledge, trained_for
from denoisebench.planning.answers import (
    evidence_of,
    frozen_weights_of,
    reason_to_decline,
    warning_of,
    why_no_weights,
)
from denoisebench.planning.candidates import Candidate, ScoringTest, labels_of, tests_of
from denoisebench.planning.independence import expects_independent, note_of_real_noise
from denoisebench.planning.plan import CellPlan, Plan, PlanFailure, TrainingPlan
from denoisebench.planning.request import Request
from denoisebench.planning.training_planner import (
    TrainingPlanner,
    draws_label,
    mismatch,
    usual_noise,
)
from denoisebench.planning.training_sets import TrainingSets
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import Evidence, Method, Task, TrainedMethod
from denoisebench.registry.registries import Registries
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocol_text import refuse_mixed
from denoisebench.specs import config_spec, parse_spec


def make_plan(
    request: Request, registries: Registries, image_sets: Sequence[ImageSet] = ()
) -> Plan:
    """Resolve a request.  image_sets: opened ones, to be scored with those that it names.

    A method whose code fails has its cells in `Plan.failed`.  Raises UserError for anything
    unknown, misspelt or refused.
    """
    planner = _Planner(request, registries, image_sets)
    plan = planner.plan()
    if planner.lacking:
        raise UserError(
            f"--weights zoo: no bundled weights fit {'; '.join(planner.lacking)};"
            " --weights auto trains what is missing"
        )
    return _unless_empty(plan)


def make_joint_plan(requests: Iterable[Request], registries: Registries) -> Plan:
    """Resolve several requests; what one of them plans already is not planned again.

    Cells without bundled weights, where no others are wanted, are left out with a note.  Raises
    UserError as `make_plan` does, for methods that decline only if all of them do.
    """
    plans = []
    for request in requests:
        planner = _Planner(request, registries, ())
        plan = planner.plan()
        lacking = (f"left out: no bundled weights fit {task}" for task in planner.lacking)
        plans.append(replace(plan, notes=(*plan.notes, *lacking)))
    return _unless_empty(Plan.joined(plans))


class _Planner:
    def __init__(
        self, request: Request, registries: Registries, image_sets: Sequence[ImageSet]
    ) -> None:
        self._request, self._registries = request, registries
        datasets, channels = request.datasets, request.channels
        named = [registries.image_set(text, channels) for text in datasets]
        self._image_sets = [*image_sets, *named]
        self._protocols = [registries.protocol(text) for text in request.protocols]
        _refuse_doubles([str(protocol) for protocol in self._protocols])
        if not request.mixed:
            refuse_mixed(self._protocols)
        for image_set in self._image_sets:
            for protocol in self._protocols:
                protocol.refuse(image_set, transductive=request.transductive)
            if request.needs_reference and not image_set.has_reference:
                raise UserError(
                    f"{image_set.spec} has no clean images to score against; rank methods without:"
                    f" bench rank --datasets {image_set.spec}"
                )
        self._methods = [registries.method(text) for text in request.methods]
        self._refuse_idle_weights()
        self._target_noise = self._asked_target_noise()
        self._notes: dict[str, None] = {}  # in order, each once
        self._declined: dict[tuple[str, str, str], None] = {}
        self._failed: list[PlanFailure] = []
        self.lacking: dict[str, None] = {}  # tasks that no bundled weights fit
        self._expecting: dict[str, dict[str, None]] = {}  # by set of real noise: the methods
        self._weights = WeightsFinder(request, registries, self._note)
        self._sets = TrainingSets(request, registries, self._note)
        self._trainings = TrainingPlanner(
            request, registries, self._sets, self._weights, self._image_sets, self._note
        )
        self._sets.refuse_unused(self._evidences())

    def plan(self) -> Plan:
        methods = self._methods
        noises = [self._registries.noise(text) for text in self._request.noises]
        _refuse_doubles([str(config_spec(method.name, config)) for method, config in methods])
        _refuse_doubles([str(noise) for noise in noises])
        _refuse_doubles([image_set.spec for image_set in self._image_sets])
        _refuse_doubles([f"seed {seed}" for seed in self._request.seeds])
        cells = [
            self._cell_or_failure(method, config, test, protocol, seed)
            for seed in self._request.seeds
            for test in tests_of(self._request, noises, self._image_sets, self._registries)
            for protocol in self._protocols
            for method, config in methods
        ]
        for image_set, specs in self._expecting.items():
            self._note(note_of_real_noise(specs, image_set))
        planned = tuple(cell for cell in cells if cell is not None)
        return Plan(planned, tuple(self._declined), tuple(self._notes), tuple(self._failed))

    def _refuse_idle_weights(self) -> None:
        """Raise UserError for a weights file where no method learns."""
        named = self._request.weights not in ("auto", "zoo", "none")
        if named and not any(isinstance(method, TrainedMethod) for method, _ in self._methods):
            reasons = " and ".join(why_no_weights(method) for method, _ in self._methods)
            raise UserError(f"--weights {self._request.weights}: {reasons}; leave it out")

    def _asked_target_noise(self) -> Noise | None:
        asked = self._request.target_noise
        if asked is None:
            return None
        if Evidence.NOISY_PAIRS not in self._evidences():
            raise UserError(
                f"--target-noise {asked}: no method asked for sees pairs of noisy images"
            )
        return self._drawn("--target-noise", asked)

    def _drawn(self, option: str, asked: str) -> Noise:
        """The noise of an option. UserError for a noise that cannot be drawn."""
        noise = self._registries.noise(asked)
        if noise.is_real:
            raise UserError(
                f"{option} {noise}: its distribution is unknown, so it cannot be drawn; give"
                f" {noise.treated_as}"
            )
        return noise

    def _evidences(self) -> set[Evidence]:
        """Of all methods but those that fail to say."""
        found = set()
        for method, config in self._methods:
            with suppress(PluginError):  # its cells will fail
                found.add(evidence_of(method, config))
        return found

    def _note(self, text: str) -> None:
        self._notes[text] = None

    def _cell_or_failure(
        self, method: Method[Any], config: Any, test: ScoringTest, protocol: Protocol, seed: int
    ) -> CellPlan | None:
        """As `_cell`; None too where the code of the method fails."""
        try:
            return self._cell(method, config, test, protocol, seed)
        except PluginError as error:
            spec, noise, dataset = config_spec(method.name, config), test.noise, test.image_set.spec
            said = (str(spec), str(noise), test.knowledge, dataset, str(protocol), seed)
            self._failed.append(PlanFailure(*said, error))
            return None

    def _cell(
        self, method: Method[Any], config: Any, test: ScoringTest, protocol: Protocol, seed: int
    ) -> CellPlan | None:
        """The cell of a method in a test; None when the method declines or lacks weights."""
        candidate = self._candidate(method, config, test)
        reason = self._reason_to_decline(candidate, test)
        if reason is not None:
            what = f"{test.noise} {test.knowledge}"
            self._declined[candidate.spec, what, reason] = None
            return None
        if candidate.trains and self._request.weights == "zoo":
            self.lacking[self._weights.lack(method, candidate.config, candidate.task)] = None
            return None
        parameters = trained_for(test.knowledge)
        take_given_noise(test.image_set, test.noise, parameters, self._note)
        training = self._training(candidate, test, seed) if candidate.trains else None
        has_network = candidate.evidence is not Evidence.NOTHING
        built_from = (*modules_of(candidate.config), *self._lending(candidate))
        return CellPlan(
            method=method,
            config=candidate.config,
            task=candidate.task,
            noise=test.noise,
            parameters=test.knowledge,
            image_set=test.image_set,
            protocol=protocol,
            seed=seed,
            labels=labels_of(candidate.evidence, training, candidate.given),
            source=self._registries.source_hash(method.name, test.noise.family, built_from),
            training=training,
            given=candidate.given,
            self_ensemble=self._request.self_ensemble,
            precision=self._request.precision if has_network else "auto",
        )

    def _candidate(self, method: Method[Any], config: Any, test: ScoringTest) -> Candidate:
        """The denoiser to score: the method for the task that fits the test, or as its weights
        are."""
        channels, parameters = test.image_set.channels, trained_for(test.knowledge)
        trained_on = self._trained_on(method, config, test.noise, parameters)
        pairs = evidence_of(method, config) is Evidence.NOISY_PAIRS
        target = self._target_noise if pairs and self._target_noise != trained_on else None
        for model in filter(None, (test.noise, trained_on, target)):
            model.refuse_gray(channels, test.image_set.spec)
        task = Task(trained_on, parameters, channels, target)
        given = None
        if isinstance(method, ImageMethod):
            frozen = frozen_weights_of(method, config, task)
            given = None if frozen is None else self._weights.frozen(frozen)
        if evidence_of(method, config).is_trained:
            assert isinstance(method, TrainedMethod)  # a method with evidence is one
            given = self._weights.find(method, config, task)
            if given is not None:
                config, task = self._weights.resolve(given, method, config, task)
        return Candidate(method, config, task, given)

    def _lending(self, candidate: Candidate) -> tuple[str, ...]:
        """The modules of the method whose weights a method that learns on each image uses."""
        if candidate.given is None or not isinstance(candidate.method, ImageMethod):
            return ()
        return self._registries.modules_of(parse_spec(candidate.given.header.recipe.method).name)

    def _reason_to_decline(self, candidate: Candidate, test: ScoringTest) -> str | None:
        """Why a denoiser cannot be scored in a test; None if it can.  Notes what it warns of."""
        method, config, task = candidate.method, candidate.config, candidate.task
        reason = reason_to_decline(method, config, task)
        if reason is not None:
            return reason
        warning = warning_of(method, config, task)
        if warning is not None:
            self._note(f"{candidate.spec} on {test.noise}: {warning}")
        if test.noise.is_real and expects_independent(method, config):
            self._expecting.setdefault(test.image_set.spec, {})[candidate.spec] = None
        if not candidate.trains:
            return None
        reason = self._sets.refuses_transductive(candidate.evidence)
        if reason is None and self._request.weights != "zoo":
            reason = self._sets.refuses_given(candidate.evidence, task, test.image_set)
        return reason

    def _training(self, candidate: Candidate, test: ScoringTest, seed: int) -> TrainingPlan:
        method, config, task = candidate.method, candidate.config, candidate.task
        assert isinstance(method, TrainedMethod)  # a method with evidence is one
        label = draws_label(self._request, task, test.noise)
        return self._trainings.plan(method, config, task, seed, test.image_set, label)

    def _trained_on(
        self, method: Method[Any], config: Any, noise: Noise, parameters: TrainingKnowledge
    ) -> Noise:
        """The noise of the images that are trained on, for a test noise."""
        taken = noise.treated_as
        trained_on = usual_noise(method, config, taken, parameters)
        if self._request.source_noise is not None:
            trained_on = self._drawn("--source-noise", self._request.source_noise)
            if parameters == "known" and not trained_on.family.shares_level(taken.family):
                raise UserError(
                    f"{noise} scored by what was trained on {trained_on}: a level of"
                    f" {noise.family.name} noise means nothing to what learned"
                    f" {trained_on.family.name} noise; give --parameters unknown"
                )
        note = mismatch(noise, trained_on)
        if note is not None:
            self._note(note)
        return trained_on


def _unless_empty(plan: Plan) -> Plan:
    """The plan; raises UserError if there is nothing to compute."""
    if not plan.cells and not plan.failed:
        reasons = [f"{name} declines {what}: {reason}" for name, what, reason in plan.declined]
        raise UserError(f"nothing to compute: {'; '.join(reasons)}")
    return plan


def _refuse_doubles(specs: Sequence[str]) -> None:
    """Raise UserError when a spec is there twice, in whatever words it was asked for."""
    for spec in specs:
        if specs.count(spec) > 1:
            raise UserError(f"{spec} is named twice")
