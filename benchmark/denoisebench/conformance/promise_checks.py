"""Checks of what a method promises of its network: blind spots, tiles, passes."""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from denoisebench.conformance.check import Outcome, Rule, failed, noted, passed, skipped
from denoisebench.conformance.method_case import Case, estimate
from denoisebench.conformance.method_subject import MethodSubject, few_cases, one_case
from denoisebench.denoising.tiling import tiled
from denoisebench.nn import multiple_of
from denoisebench.plugin.tiling import Tiling

SIDE_PX, PIXELS, STEP = 32, 16, 0.5
"""The image whose pixels are changed: its sides, the number of changed pixels, and the change."""

ROUNDING = 2e-5
"""Of float32, relative to the largest pixel: a tile is computed in another order."""

REACH_PX = 64
"""An estimate that depends on pixels as far off is taken to need the whole image."""

NO_GRADIENT = 1 / 3
"""The cost of a pass without gradients, as a share of one with them."""

OFF = 1.25


def blind(case: Case) -> Outcome:
    """A pixel of the part that is claimed to be blind does not change with the noisy pixel."""
    claim = getattr(case.method, "blind_prediction", None)
    if claim is None:
        return skipped("not claimed")
    model = case.denoiser.model
    assert model is not None  # only methods with a network have the rule
    exact = replace(model, network=copy.deepcopy(model.network).double())
    noisy = case.noisy(SIDE_PX, SIDE_PX).double()
    with torch.no_grad():
        before = claim(exact, noisy)
        worst = 0.0
        for row, column in _pixels():
            changed = noisy.clone()
            changed[..., row, column] += STEP
            difference = (claim(exact, changed) - before)[..., row, column]
            worst = max(worst, float(difference.nan_to_num(nan=math.inf).abs().max()) / STEP)
    if worst > 0.0:
        text = f"the prediction of a pixel depends on it: the slope is {worst:.2g}"
        advice = "Return the part that does not see the pixel; a posterior mean sees it."
        return failed(text, advice, case.place("blind_prediction"), value=worst, bound=0.0)
    return passed(worst, 0.0)


def _pixels() -> list[tuple[int, int]]:
    """The corners and random pixels."""
    last = SIDE_PX - 1
    drawn = torch.randint(SIDE_PX, (PIXELS, 2), generator=torch.Generator().manual_seed(0))
    return [(0, 0), (0, last), (last, 0), (last, last), *map(tuple, drawn.tolist())]


def equivariance(case: Case) -> Outcome:
    """Tiles that begin at the multiple, with the halo, make what the whole image makes."""
    tiling = case.method.tiling(case.config, case.task)
    if tiling is None:
        return _reach(case)
    level = case.noise.low if tiling.needs_level else case.level
    width = 2 * (tiling.halo + tiling.multiple) + 21
    noisy = case.noisy(37, width)
    whole = estimate(case.denoiser, noisy, level).image
    for_tiles = case.denoiser.for_tiles_of(noisy)
    core_px = max(tiling.multiple, width // 2)
    with torch.no_grad():
        made = tiled(lambda image, told: estimate(for_tiles, image, told), tiling, core_px)
        joined = made(noisy, level).image
    bound = ROUNDING * max(1.0, float(whole.abs().max()))
    off = float((joined - whole).abs().max())
    if not off <= bound:
        text = f"tiles with {_said(tiling)} make an estimate that is {off:.2g} off the whole one's"
        advice = "Count the halo from the layers, the multiple from the pooling."
        return failed(text, advice, case.place("tiling"), value=off, bound=bound)
    return passed(off, bound)


def _said(tiling: Tiling) -> str:
    return f"multiple={tiling.multiple}, halo={tiling.halo}"


def _reach(case: Case) -> Outcome:
    """How far off a pixel changes the estimate, of a method that declares no tiling."""
    side = 2 * REACH_PX + 1
    noisy = case.noisy(side, side)
    changed = noisy.clone()
    changed[..., REACH_PX, REACH_PX] += STEP
    difference = (case.denoise(changed).image - case.denoise(noisy).image).abs().amax(dim=(0, 1))
    seen = (difference > ROUNDING).nonzero()
    reach = int((seen - REACH_PX).abs().max()) if len(seen) else 0
    if reach >= REACH_PX:
        return passed(float(reach))
    text = f"no tiling is declared, and a pixel changes the estimate up to {reach} pixels away"
    multiple = 1 if case.model is None else multiple_of(case.model.network)
    written = f"Tiling(multiple={multiple}, halo={reach}, bytes_per_pixel=N)"
    return noted(
        text, float(reach), f"Let `tiling` return {written}, with N measured as the docs say."
    )


@dataclass(slots=True)
class _Seen:
    """Pixels that go through a module, with and without gradients."""

    with_gradients: int = 0
    without: int = 0

    @property
    def all(self) -> int:
        return self.with_gradients + self.without

    @property
    def cost(self) -> float:
        return self.with_gradients + NO_GRADIENT * self.without


def passes(case: Case) -> Outcome:
    """The loss costs the passes over each patch that `passes_per_patch` says."""
    declared = case.trained.passes_per_patch(case.config)
    where = case.place("passes_per_patch")
    batch = case.batch(2, case.crop_px)
    pixels, cost, shown, learned = 2 * case.crop_px**2, 0.0, 0.0, 0.0
    shares = case.trained.stages(case.config, case.task)
    for stage, share in enumerate(shares):
        network = case.network()
        with _watched(network) as seen:
            case.losses(network, batch, stage=stage)
        most = max(seen, key=lambda one: one.cost)  # of parts, that which sees most
        cost += share * most.cost / pixels
        shown += share * most.all / pixels
        learned += share * most.with_gradients / pixels
    if not shown:
        return skipped("no call of the network was seen")
    text = (
        f"the network saw {shown:.3g} times the patch's pixels ({learned:.3g} with gradients),"
        f" which costs {cost:.3g} passes; passes_per_patch says {declared}"
    )
    fair = max(1, math.ceil(cost / OFF))
    if cost > OFF * declared:
        advice = f"Return {fair}, so that it gets no more training than others."
        return failed(text, advice, where, value=cost, bound=OFF * declared)
    if fair < declared:
        return noted(text, cost, f"Return {fair}, so that it gets as much training as others.")
    return passed(cost, OFF * declared)


@contextmanager
def _watched(network: nn.Module) -> Iterator[list[_Seen]]:
    """The input of a network; if the loss calls only parts of it, the input of each part."""
    parts = [network, *network.children()]
    found = [_Seen() for _ in parts]

    def hook(seen: _Seen) -> object:
        def count(_: nn.Module, arguments: tuple[object, ...]) -> None:
            images = [one for one in arguments if isinstance(one, Tensor) and one.ndim == 4]
            for image in images[:1]:
                pixels = len(image) * image.shape[-2] * image.shape[-1]
                if torch.is_grad_enabled():
                    seen.with_gradients += pixels
                else:
                    seen.without += pixels

        return count

    handles = [
        part.register_forward_pre_hook(hook(seen))  # type: ignore[arg-type]
        for part, seen in zip(parts, found, strict=True)
    ]
    chosen: list[_Seen] = []
    try:
        yield chosen
    finally:
        for handle in handles:
            handle.remove()
        chosen += found[:1] if found[0].all else found[1:] or found[:1]


OF_ALL: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "equivariance",
        "Tiles, as `tiling` says, make what the whole image makes.",
        few_cases(equivariance),
        ("alone",),
    ),
)
OF_TRAINED: tuple[Rule[MethodSubject], ...] = (
    *OF_ALL,
    Rule(
        "blind",
        "A pixel's blind prediction does not depend on that pixel.",
        one_case(blind),
        ("alone",),
    ),
    Rule(
        "passes",
        "The loss costs the passes that `passes_per_patch` says.",
        one_case(passes),
        ("loss-shape",),
    ),
)
