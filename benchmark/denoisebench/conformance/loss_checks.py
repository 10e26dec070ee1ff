"""Checks of a network and its loss, before any training."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from denoisebench.conformance.check import Outcome, Rule, failed, noted, passed, raised, skipped
from denoisebench.conformance.method_case import Case, each_image
from denoisebench.conformance.method_subject import MethodSubject, each_case, few_cases, one_case
from denoisebench.conformance.places import place_of_error
from denoisebench.conformance.seeds import changed_generators, global_seed, place_that_draws, states
from denoisebench.plugin.method import Batch
from denoisebench.training.not_shown import NotShownError

CROPS_PX, OTHER_CROP = (32, 64, 128), (64, 96)

SAME = 1e-4
"""Two losses of one patch differ by less than this share, in another batch."""


def init_seeded(case: Case) -> Outcome:
    made = []
    for seed in (1, 2):
        with global_seed(seed):
            made.append(case.network().state_dict())
    different = [name for name, one in made[0].items() if not torch.equal(one, made[1][name])]
    if different:
        text = f"one torch seed gives two networks: {', '.join(different[:3])} differ"
        advice = "Draw weights from torch's generator alone."
        return failed(text, advice, case.place("network"))
    return passed()


def evidence(case: Case) -> Outcome:
    batch = case.batch(2, case.crop_px)
    for stage in case.stages:
        try:
            case.losses(case.network(), batch, stage=stage)
        except NotShownError as error:
            advice = "Declare the evidence that the loss uses, or do without."
            return failed(str(error), advice, str(place_of_error(error) or ""))
        except Exception:  # noqa: BLE001  # another check names it
            continue
    return passed()


def loss_shape(subject: MethodSubject) -> Outcome:
    outcome = each_case(_loss_in_float32)(subject)
    return outcome if outcome.failed else one_case(_loss_under_autocast)(subject)


def _loss_in_float32(case: Case) -> Outcome:
    return _wrong_losses(case, "", 2, case.crop_px) or passed()


def _loss_under_autocast(case: Case) -> Outcome:
    """On one patch, as small as it learns from: few machines multiply bfloat16 fast."""
    with torch.autocast(torch.device(case.device).type, torch.bfloat16):
        try:
            wrong = _wrong_losses(case, " under autocast", 1, max(32, case.smallest_crop))
        except Exception:  # noqa: BLE001  # `crops` names it
            wrong = _wrong_losses(case, " under autocast", 1, case.crop_px)
    return wrong or passed()


def _wrong_losses(case: Case, under: str, count: int, crop_px: int) -> Outcome | None:
    batch, where, network = case.batch(count, crop_px), case.place("loss"), case.network()
    for stage in case.stages:
        loss = case.losses(network, batch, stage=stage)
        if tuple(loss.shape) != (len(batch.noisy),):
            text = f"the loss has shape {tuple(loss.shape)}, not (B,) = ({len(batch.noisy)},)"
            return failed(text, "Average over (1, 2, 3), not over patches.", where)
        if loss.dtype != torch.float32:
            text = f"the loss is {str(loss.dtype).removeprefix('torch.')}{under}"
            advice = "Turn what the network returns into .float() before arithmetic."
            return failed(text, advice, where)
        if not bool(loss.isfinite().all()):
            return failed(f"the loss is not finite{under}", "Guard divisions and roots.", where)
    return None


def loss_seeded(case: Case) -> Outcome:
    batch, where, network = case.batch(2, case.crop_px), case.place("loss"), case.network()
    advice = "Draw every random number with generator=rng."
    for stage in case.stages:
        made = []
        for seed in (1, 2):
            with global_seed(seed), _kept(network):
                before = states()
                made.append(case.losses(network, batch, stage=stage).detach())
                changed = changed_generators(before)
            if changed and not _drops(network):
                text = f"the loss draws from the global generator of {changed}"
                draw = partial(case.losses, network, batch, stage=stage)
                return failed(text, advice, place_that_draws(draw, case.files) or where)
        if not torch.equal(*made) and not _drops(network):
            difference = float((made[0] - made[1]).abs().max())
            text = "the same rng gives two losses"
            return failed(text, advice, where, value=difference, bound=0.0)
    return passed()


@contextlib.contextmanager
def _kept(network: nn.Module) -> Iterator[None]:
    """Put the buffers of a network back: running statistics move at each loss."""
    before = [buffer.clone() for buffer in network.buffers()]
    yield
    with torch.no_grad():
        for buffer, old in zip(network.buffers(), before, strict=True):
            buffer.copy_(old)


def _drops(network: nn.Module) -> bool:
    """Whether it has dropout, which the engine seeds itself."""
    return any(isinstance(module, nn.Dropout) for module in network.modules())


def loss_per_patch(case: Case) -> Outcome:
    network, batch = case.network().eval(), case.batch(4, case.crop_px)
    rng = case.generator()
    before = rng.get_state()
    whole = case.losses(network, batch, rng=rng).detach()
    if not torch.equal(before, rng.get_state()):
        return skipped("the loss draws random numbers")
    difference = _from_halves(case, network, batch, whole)
    if difference > SAME:
        text = "the loss of a patch depends on the other patches of its batch"
        advice = "Compute each patch's loss from that patch alone."
        return failed(text, advice, case.place("loss"), value=difference, bound=SAME)
    network.train()
    difference = _from_halves(case, network, batch, case.losses(network, batch).detach())
    if difference > SAME:
        text = "in training the loss of a patch depends on the others: statistics of the batch"
        return noted(text, difference)
    return passed(difference, SAME)


def _from_halves(case: Case, network: nn.Module, batch: Batch, whole: Tensor) -> float:
    """How far the losses of a batch are from those of its halves, as a share of the loss."""
    parts = []
    for half in (slice(0, 2), slice(2, 4)):
        part = each_image(batch, lambda patches, half=half: patches[half])  # type: ignore[misc]
        if batch.level is not None:
            part = replace(part, level=batch.level[half])
        parts.append(case.losses(network, part).detach())
    return float((torch.cat(parts) - whole).abs().max() / whole.abs().max().clamp_min(1e-12))


def gradients(case: Case) -> Outcome:
    batch, where, network = case.batch(2, case.crop_px), case.place("loss"), case.network()
    reached: set[str] = set()
    for stage in case.stages:
        network.zero_grad(set_to_none=True)
        loss = case.losses(network, batch, stage=stage).mean()
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        found = {n: p.grad for n, p in network.named_parameters() if p.grad is not None}
        if not found:
            text = f"no parameter has a gradient in stage {stage}"
            return failed(text, "Compute the loss with gradients, without .detach().", where)
        bad = [name for name, gradient in found.items() if not bool(gradient.isfinite().all())]
        if bad:
            text = f"the gradient of {', '.join(bad[:3])} is not finite"
            return failed(text, "Guard roots and divisions at 0.", where)
        reached |= found.keys()
    idle = [n for n, p in network.named_parameters() if p.requires_grad and n not in reached]
    if idle:
        return noted(f"{len(idle)} parameters have no gradient: {', '.join(idle[:3])}", len(idle))
    return passed()


def crops(case: Case) -> Outcome:
    """Square patches, as the engine cuts them; others are noted."""
    works: list[int] = []
    failure: Outcome | None = None
    for side in (px for px in CROPS_PX if px >= case.smallest_crop):
        try:
            _learn_from(case, side, side)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything
            outcome = raised(error)
            failure = failure or replace(outcome, text=f"crop {side}: {outcome.text}")
        else:
            works.append(side)
    if failure is not None:
        fits = f"Set `smallest_crop = {works[0]}`, or use" if works else "Use"
        return replace(failure, advice=f"{fits} run_padded in the loss.")
    try:
        _learn_from(case, *OTHER_CROP)
    except Exception as error:  # noqa: BLE001  # a plugin may raise anything
        height, width = OTHER_CROP
        return noted(f"a patch of {height}×{width} raises {raised(error).text}")
    return passed()


def _learn_from(case: Case, height: int, width: int) -> None:
    """A loss of one patch and its gradients."""
    loss = case.losses(case.network(), case.batch(1, height, width)).mean()
    loss.backward()  # type: ignore[no-untyped-call]


OF_NETWORKS: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "init-seeded",
        "One torch seed gives one network.",
        each_case(init_seeded),
        ("declines",),
    ),
)
RULES: tuple[Rule[MethodSubject], ...] = (
    *OF_NETWORKS,
    Rule(
        "evidence",
        "The loss uses no image that the evidence does not show.",
        few_cases(evidence),
        ("init-seeded",),
    ),
    Rule(
        "loss-shape",
        "The loss is (B,), float32, finite, under autocast too.",
        loss_shape,
        ("evidence",),
    ),
    Rule(
        "loss-seeded", "The loss draws from `rng` alone.", few_cases(loss_seeded), ("loss-shape",)
    ),
    Rule(
        "loss-per-patch",
        "The loss of a patch does not depend on the others.",
        one_case(loss_per_patch),
        ("loss-seeded",),
    ),
    Rule(
        "gradients",
        "Each parameter has a gradient in some stage.",
        one_case(gradients),
        ("loss-shape",),
    ),
    Rule(
        "crops",
        "Patches of 32, 64 and 128 pixels can be learned from.",
        one_case(crops),
        ("gradients",),
    ),
)
