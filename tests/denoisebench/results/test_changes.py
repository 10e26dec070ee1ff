"""What changed between two folders of results: pairs of cells, their verdicts and the reasons."""

import dataclasses
import json
import math

import numpy as np
import pytest
from a_result import cell_of

from denoisebench.results.changes import compare
from denoisebench.results.changes_text import COLUMNS, FORMATS
from denoisebench.results.csv_text import csv_rows
from denoisebench.results.records import CellResult
from denoisebench.results.why_changed import reasons
from denoisebench.scoring.paired import paired_difference

PSNR = (29.0, 30.0, 31.5, 28.0)


def shifted(*by: float, **changes: object) -> CellResult:
    return cell_of([a + b for a, b in zip(PSNR, by, strict=True)], **changes)


@pytest.mark.parametrize(
    ("by", "verdict"),
    [
        ((0.0, 0.0, 0.0, 0.0), "equal"),
        ((0.001, -0.004, 0.0, 0.002), "rounding"),
        ((0.2, 0.21, 0.19, 0.2), "higher"),
        ((-0.2, -0.21, -0.19, -0.2), "lower"),
        ((0.5, -0.5, 0.2, -0.1), "undecided"),
    ],
)
def test_the_verdict_follows_from_the_paired_interval(by: tuple[float, ...], verdict: str) -> None:
    (change,) = compare([cell_of(PSNR)], [shifted(*by)]).pairs
    assert change.verdict == verdict
    assert change.difference.mean == pytest.approx(np.mean(by))
    images = [f"{n:02}" for n in range(1, 5)]
    one = dict(zip(images, PSNR, strict=True))
    other = {image: one[image] + b for image, b in zip(images, by, strict=True)}
    assert change.difference == paired_difference(other, one)


def test_images_that_only_one_folder_has_are_in_no_difference() -> None:
    (change,) = compare([cell_of((29.0, 30.0))], [cell_of((29.1, 30.3, 50.0))]).pairs
    assert change.images == 2
    assert change.difference.mean == pytest.approx(0.2)
    assert change.psnr_after_db == pytest.approx((29.1 + 30.3 + 50.0) / 3)


def test_one_image_has_a_difference_and_no_interval() -> None:
    (change,) = compare([cell_of((29.0,))], [cell_of((29.5,))]).pairs
    assert change.verdict == "undecided"
    assert math.isnan(change.difference.low)


def test_cells_of_one_request_are_paired_and_others_are_added_or_removed() -> None:
    before = [cell_of(PSNR, cell="a"), cell_of(PSNR, cell="b", method="tv")]
    after = [cell_of(PSNR, cell="c"), cell_of(PSNR, cell="d", method="nlm")]
    changes = compare(before, after)
    assert [(c.before.cell, c.after.cell) for c in changes.pairs] == [("a", "c")]
    assert [cell.cell for cell in changes.added] == ["d"]
    assert [cell.cell for cell in changes.removed] == ["b"]


def test_cells_trained_otherwise_are_paired_if_each_folder_has_one() -> None:
    before, longer = cell_of(PSNR, cell="a"), cell_of(PSNR, cell="b", budget="zoo")
    assert [c.after.cell for c in compare([before], [longer]).pairs] == ["b"]
    # With two of them in a folder, the one of the same budget is the pair.
    changes = compare([before], [longer, cell_of(PSNR, cell="c")])
    assert [c.after.cell for c in changes.pairs] == ["c"]
    assert [cell.cell for cell in changes.added] == ["b"]


def test_the_reasons_of_a_changed_id_come_before_versions_and_machines() -> None:
    recipe = {"budget": {"steps": 2000, "batch": 16}, "source": "a", "train_digest": "x"}
    old = cell_of(PSNR, cell="a", provenance={"recipe": recipe, "torch": "2.1", "threads": 1})
    changed = recipe | {"budget": {"steps": 4000, "batch": 16}, "source": "b"}
    new = cell_of(PSNR, cell="b", provenance={"recipe": changed, "torch": "2.2", "threads": 1})
    assert reasons(old, new) == [
        "training's steps 2000 -> 4000",
        "the code of the method or of its noise changed",
        "PyTorch 2.1 -> 2.2",
    ]


def test_a_changed_id_that_no_record_explains_is_of_the_code() -> None:
    code = ["the code of the method or of its noise changed"]
    assert reasons(cell_of(PSNR, cell="a"), cell_of(PSNR, cell="b")) == code
    assert reasons(cell_of(PSNR, cell="a"), cell_of(PSNR, cell="a")) == []
    asked = cell_of(PSNR, cell="b", provenance={"precision_asked": "fp32"})
    assert reasons(cell_of(PSNR, cell="a"), asked) == ["--precision auto -> fp32"]


def test_other_noisy_images_are_a_reason() -> None:
    cell = cell_of(PSNR)
    first, *others = cell.scores
    changed = (dataclasses.replace(first, noisy_sha256="cd" * 32), *others)
    found = reasons(cell, dataclasses.replace(cell, scores=changed))
    assert found == ["1 of 4 noisy images differ"]


def test_the_text_lists_what_changed_and_counts_what_is_equal() -> None:
    before = [cell_of(PSNR, cell="a"), cell_of(PSNR, cell="b", method="tv")]
    after = [
        shifted(0.2, 0.21, 0.19, 0.2, cell="a", provenance={"torch": "2"}),
        cell_of(PSNR, cell="b", method="tv"),
        cell_of(PSNR, cell="c", method="nlm", budget=""),
    ]
    before[0] = dataclasses.replace(before[0], provenance={"torch": "1"})
    text = FORMATS["table"](compare(before, after), "old", "new")
    assert "1 cell is equal, image by image." in text
    assert "gaussian:25, parameters known, set12, float-1\n" in text
    assert "29.62    29.82    +0.20   +0.19 .. +0.21  higher [1]\n" in text
    assert "[1] PyTorch 1 -> 2\n" in text
    assert "  nlm: gaussian:25, parameters known, set12, float-1\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_csv_and_json_have_every_cell_of_both_folders() -> None:
    changes = compare(
        [cell_of(PSNR, cell="a"), cell_of(PSNR, cell="b", method="tv")],
        [shifted(0.1, 0.0, 0.0, 0.0, cell="a"), cell_of((math.inf,) * 4, cell="c", method="nlm")],
    )
    header, *rows = csv_rows(FORMATS["csv"](changes, "old", "new"))
    assert header == list(COLUMNS)
    assert [row[0] for row in rows] == ["undecided", "added", "removed"]
    report = json.loads(FORMATS["json"](changes, "old", "new"))
    assert report["before"] == "old"
    assert [cell["change"] for cell in report["cells"]] == ["undecided", "added", "removed"]
    assert report["cells"][0]["difference_db"] == pytest.approx(0.025)
