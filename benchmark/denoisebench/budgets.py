"""How much training: the named budgets and what the user overrides of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from denoisebench.errors import UserError, unknown_name

TRAIN_MPX_PER_S, DENOISE_MPX_PER_S = 0.6, 0.5
"""The rates that estimates are made with: a U-Net on two CPU cores with bfloat16."""

STEPS, BATCH, CROP_PX = (1, 10**9), (2, 65_536), (32, 8_192)
"""The least and the most of each."""
CROP_STEP_PX = 32
"""A crop is a multiple of this."""


@dataclass(frozen=True, slots=True)
class Budget:
    """steps × batch patches of crop_px², counted as the network sees them: a loss that runs the
    network twice on a patch gets half the patches, so that compared methods cost the same.

    Raises UserError for a number beyond STEPS, BATCH or CROP_PX, for a batch that is not even, and
    for a crop that is no multiple of 32.

    >>> Budget("night", steps=100_000, batch=16, crop_px=64).megapixels
    6553.6
    """

    name: str
    steps: int
    batch: int
    crop_px: int

    def __post_init__(self) -> None:
        self._refuse_beyond("--steps", self.steps, STEPS)
        self._refuse_beyond("--batch", self.batch, BATCH)
        self._refuse_beyond("--crop", self.crop_px, CROP_PX)
        if self.batch % 2:
            raise UserError(f"--batch {self.batch}: give an even number, as 16")
        if self.crop_px % CROP_STEP_PX:
            raise UserError(f"--crop {self.crop_px}: give a multiple of {CROP_STEP_PX}, as 64")

    def _refuse_beyond(self, option: str, value: int, bounds: tuple[int, int]) -> None:
        least, most = bounds
        if not least <= value <= most:
            raise UserError(f"{option} {value} is not in {least}..{most}")

    @property
    def megapixels(self) -> float:
        return self.steps * self.batch * self.crop_px**2 / 1e6

    @property
    def label(self) -> str:
        """Its name in a result, or its length if it is no budget of the suite: `524 Mpx`."""
        return self.name if self.name in BUDGETS else megapixel_label(self.megapixels)

    @property
    def summary(self) -> str:
        return f"{self.steps} steps of {self.batch}×{self.crop_px}², {self.megapixels:.4g} Mpx"

    def __str__(self) -> str:
        return f"{self.name} ({self.steps} steps of {self.batch}×{self.crop_px}²)"


BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("smoke", steps=20, batch=4, crop_px=32),  # seconds: tests only
        Budget("quick", steps=4_000, batch=8, crop_px=64),  # 131 megapixels, minutes on a CPU
        Budget("zoo", steps=32_000, batch=8, crop_px=64),  # 1.05 gigapixels
        Budget("paper", steps=300_000, batch=8, crop_px=128),  # 39 gigapixels: Noise2Score's
    )
}


def megapixel_label(megapixels: float) -> str:
    """`524 Mpx`; two digits of less than ten."""
    return f"{megapixels:.0f} Mpx" if megapixels >= 10.0 else f"{megapixels:.2g} Mpx"


def get_budget(
    name: str,
    steps: int | None = None,
    batch: int | None = None,
    crop_px: int | None = None,
    known: Mapping[str, Budget] = BUDGETS,
) -> Budget:
    """The named budget, with what is given put in its place; then it is called `custom`."""
    if name not in known:
        raise unknown_name("budget", name, known)
    base = known[name]
    asked = replace(
        base,
        steps=base.steps if steps is None else steps,
        batch=base.batch if batch is None else batch,
        crop_px=base.crop_px if crop_px is None else crop_px,
    )
    return base if asked == base else replace(asked, name="custom")
