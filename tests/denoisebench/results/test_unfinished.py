"""A cell that was interrupted goes on where it was."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from scoring import DenoiserOutput, cell, images, scored
from torch import Tensor

from denoisebench.results.journal import Unfinished
from denoisebench.results.records import ImageScore


class Interrupts:
    """Halves an image; is interrupted at the call of a number."""

    def __init__(self, at: int = 0) -> None:
        self.calls, self._at = 0, at

    def __call__(self, noisy: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == self._at:
            raise KeyboardInterrupt
        return 0.5 * noisy


CLEAN = images(*[(1, 12, 14)] * 3)


def timeless(scores: list[ImageScore]) -> list[ImageScore]:
    return [replace(score, denoise_s=0.0) for score in scores]


def planned(make: Interrupts, **changes: str):  # type: ignore[no-untyped-def]  # a cell
    return cell(DenoiserOutput(make), CLEAN, image_set="set14", protocol="nvlabs", **changes)


def test_what_was_scored_is_not_denoised_again(tmp_path: Path) -> None:
    first, again, whole = Interrupts(at=25), Interrupts(), Interrupts()
    broken = planned(first)
    with pytest.raises(KeyboardInterrupt):
        scored(broken, journal=Unfinished(tmp_path, broken.id, keep=True))
    found = scored(planned(again), journal=Unfinished(tmp_path, broken.id, keep=True))
    assert again.calls == 60 - 24
    assert timeless(found) == timeless(scored(planned(whole)))


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    (score,) = scored(cell(DenoiserOutput(Interrupts()), CLEAN[:1]))
    journal = Unfinished(tmp_path, "ab", keep=True)
    journal.add(score)
    journal.add(replace(score, image="b.png", ssim=float("nan")))
    path = tmp_path / "cells" / "ab.unfinished"
    path.write_bytes(path.read_bytes()[:-9])
    assert journal.read() == {("a.png", 0): score}


def test_a_score_that_was_edited_or_has_no_digest_is_left_out(tmp_path: Path) -> None:
    (score,) = scored(cell(DenoiserOutput(Interrupts()), CLEAN[:1]))
    journal = Unfinished(tmp_path, "ab", keep=True)
    journal.add(score)
    path = tmp_path / "cells" / "ab.unfinished"
    written = path.read_text()
    path.write_text(written.replace('"psnr_db": ', '"psnr_db": 9'))
    assert journal.read() == {}
    path.write_text(json.dumps(asdict(score)) + "\n")
    assert journal.read() == {}


def test_a_score_of_another_image_is_made_again(tmp_path: Path) -> None:
    first, again = Interrupts(), Interrupts()
    whole = scored(planned(first))
    journal = Unfinished(tmp_path, planned(first).id, keep=True)
    for score in whole:
        journal.add(replace(score, noisy_sha256="ab" * 32) if score.image == "b.png" else score)
    found = scored(planned(again), journal=journal)
    assert again.calls == sum(score.image == "b.png" for score in whole)
    assert timeless(found) == timeless(whole)


def test_what_is_finished_or_not_kept_leaves_no_file(tmp_path: Path) -> None:
    (score,) = scored(cell(DenoiserOutput(Interrupts()), CLEAN[:1]))
    Unfinished(tmp_path, "ab", keep=False).add(score)
    assert not list(tmp_path.rglob("*"))
    journal = Unfinished(tmp_path, "ab", keep=True)
    journal.add(score)
    journal.remove()
    journal.remove()
    assert journal.read() == {}
