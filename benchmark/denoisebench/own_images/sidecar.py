"""NAME.json beside a denoised file: what was read, found and done, for people and programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import denoisebench
from denoisebench.files import told_of_writing, write_whole
from denoisebench.image_files.copy import left_part
from denoisebench.own_images.planes import Planes
from denoisebench.specs import config_spec

if TYPE_CHECKING:
    from denoisebench.own_images.treatment import Treatment


def sidecar_path(target: Path) -> Path:
    """The sidecar of a denoised file."""
    return target.with_name(f"{target.name}.json")


def remove_sidecar(target: Path) -> None:
    """Remove that of an earlier denoised file.  Raises UserError where that is not allowed."""
    path = sidecar_path(target)
    with told_of_writing(path):
        path.unlink(missing_ok=True)


def is_finished(target: Path) -> bool:
    """Whether a denoised file needs nothing more.

    False also for one whose process was killed before it had a sidecar, which a part then tells;
    a file of another origin has neither.
    """
    return target.exists() and (sidecar_path(target).exists() or not left_part(target))


def write_sidecar(
    target: Path,
    source: Planes,
    sha256: str,
    treatments: Mapping[int, "Treatment"],
    outcome: Mapping[str, Any],
) -> None:
    """Write it whole.  outcome: further entries.  Raises UserError when it cannot be written."""
    content = {
        "denoisebench": denoisebench.__version__,
        "input": str(source.path),
        "input_sha256": sha256,
        "axes": source.axes,
        "shape": list(source.shape),
        "dtype": str(source.dtype),
        "channels": facts_of(treatments),
        **outcome,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_whole(sidecar_path(target), f"{text}\n".encode(errors="backslashreplace"))


def facts_of(treatments: Mapping[int, "Treatment"]) -> dict[str, Any]:
    """All that the pixels of each channel are made by, as JSON."""
    return {str(group): _facts_of(treatment) for group, treatment in treatments.items()}


def _facts_of(treatment: "Treatment") -> dict[str, Any]:
    noise, chosen = treatment.noise, treatment.denoiser
    detector = noise.detector
    return {
        "noise": noise.text,
        "sigma": noise.sigma if detector is None else None,
        "detector": None
        if detector is None
        else {"gain": detector.gain, "offset": detector.offset, "read": detector.read},
        "black": treatment.intensity.black,
        "white": treatment.intensity.white,
        "level": None if chosen is None else treatment.level,
        "added_level": treatment.added,
        "denoiser": treatment.label,
        "method": None if chosen is None else str(config_spec(chosen.method.name, chosen.config)),
        "weights_sha256": None if chosen is None else chosen.weights_sha256 or None,
    }
