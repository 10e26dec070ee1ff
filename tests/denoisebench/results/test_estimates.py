"""Estimates are kept for every repeat, cropped, and an interrupted cell goes on with them."""

import numpy as np
import pytest
import torch
from protocols import get_protocol
from scoring import DenoiserOutput, cell, images

from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.errors import UserError
from denoisebench.execution.evaluation import evaluate
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.saved_images import Saver


def evaluated(planned, out, *, keep=True):
    loaded = [file.read() for file in planned.image_set.images]
    ids = tuple(image.id for image in loaded)
    return evaluate(
        planned,
        loaded,
        load_denoiser(planned.method, planned.config, planned.task, None, "cpu", "fp32"),
        device="cpu",
        saver=Saver(planned, out),
        journal=Unfinished(out, planned.id, keep=True),
        progress=lambda _: None,
        estimates=Estimates(out, planned.id, ids) if keep else None,
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_each_repeat_is_kept_cropped_and_neither_clipped_nor_rounded(channels, tmp_path):
    method, clean = (
        DenoiserOutput(lambda noisy: noisy * 1.5),
        images((channels, 20, 40), (channels, 36, 12)),
    )
    planned = cell(method, clean, image_set="bsd300", protocol="nvlabs")
    scores = evaluated(planned, tmp_path)
    kept = Estimates(tmp_path, planned.id, ("a.png", "b.png"))
    assert not kept.missing(3)
    assert kept.missing(4)
    for seen, score in zip(method.seen, scores, strict=True):
        x = clean[0] if score.image == "a.png" else clean[1]
        estimate = kept.read(score.image, score.repeat)
        assert np.array_equal(estimate, (seen * 1.5)[:, : x.shape[1], : x.shape[2]])
        assert round(get_protocol("nvlabs").score(estimate, x).psnr_db, 6) == score.psnr_db


def test_an_interrupted_cell_makes_only_the_estimates_that_are_not_there(tmp_path):
    def fail_at_the_third(noisy):
        if len(method.seen) == 3:
            raise KeyboardInterrupt
        return noisy

    clean = images((1, 20, 40), (1, 20, 40), (1, 20, 40))
    method = DenoiserOutput(fail_at_the_third)
    planned = cell(method, clean)
    with pytest.raises(KeyboardInterrupt):
        evaluated(planned, tmp_path)
    method.seen.clear()
    assert len(evaluated(planned, tmp_path)) == 3
    assert len(method.seen) == 1


def test_scores_of_a_run_that_kept_nothing_do_not_stand_for_estimates(tmp_path):
    method = DenoiserOutput(lambda noisy: noisy)
    planned = cell(method, images((1, 20, 40)))
    evaluated(planned, tmp_path, keep=False)
    evaluated(planned, tmp_path)
    assert len(method.seen) == 2


def header(text: bytes) -> bytes:
    """A .npy file with another header than its own."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(16)


HUGE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n"


@pytest.mark.parametrize(
    "wrong",
    [
        *(b"", b"no array", b"\x93NUMPY", header(b"{'descr': (((\n"), header(b"'" * 9)),
        *(header(HUGE), header(b"(" * 5_000), header(HUGE.replace(b"<f4", b"|O"))),
        header(HUGE.replace(b"1000000, 1000000", b"2, 2, 1, 1")),
        header(HUGE.replace(b"<f4", b"<f8").replace(b"1000000, 1000000", b"1, 2")),
    ],
)
def test_a_file_that_is_no_estimate_is_refused_by_name(tmp_path, wrong):
    kept = Estimates(tmp_path, "c0ffee", ("a.png",))
    kept.keep(torch.zeros(1, 2, 2).numpy(), "a.png", 0)
    path = kept.path("a.png", 0)
    path.write_bytes(wrong)
    with pytest.raises(UserError, match=r"a\.npy is damaged: .*; delete it, and") as caught:
        kept.read("a.png", 0)
    assert "\n" not in str(caught.value)


def test_an_estimate_that_is_gone_is_named(tmp_path):
    with pytest.raises(UserError, match=r"cannot read the estimate .*a\.npy: No such file"):
        Estimates(tmp_path, "c0ffee", ("a.png",)).read("a.png", 0)
