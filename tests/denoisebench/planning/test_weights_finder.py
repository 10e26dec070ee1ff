"""The weights that a plan takes are whole."""

import random
from pathlib import Path

import pytest

from denoisebench.errors import UserError
from denoisebench.planning.run_options import RunOptions
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.zoo.recipe_training import meaning, weights_file


@pytest.mark.slow
def test_a_file_of_ours_is_refused_whichever_of_1000_bits_is_flipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registries = load()
    recipe = registries.recipe("dbsn/gray-gaussian25")
    bundled = weights_file(recipe, registries)
    assert bundled is not None
    path, whole = tmp_path / bundled.name, bundled.read_bytes()
    path.write_bytes(whole)  # a copy: other tests use the file itself
    monkeypatch.setattr(
        Registries, "weights_folder", lambda _, method: tmp_path if method == "dbsn" else None
    )
    request = RunOptions(datasets="samples-gray").request(["dbsn"], registries.budgets)
    finder = WeightsFinder(request, registries, print)
    task = meaning(recipe, registries)
    found = finder.find(*task)  # type: ignore[arg-type]
    assert found is not None
    assert found.path == path
    with path.open("r+b", buffering=0) as file:
        for bit in random.Random(0).sample(range(8 * len(whole)), 1000):
            place = bit // 8
            file.seek(place)
            file.write(bytes([whole[place] ^ 1 << bit % 8]))
            with pytest.raises(UserError, match=r"damaged, or another file than recipe dbsn/gray"):
                finder.find(*task)  # type: ignore[arg-type]
            file.seek(place)
            file.write(whole[place : place + 1])


def test_bundled_weights_are_given_by_their_name_too() -> None:
    registries = load()
    recipe = registries.recipe("dbsn/gray-gaussian25")
    task = meaning(recipe, registries)
    found = []
    for weights in ("zoo", "dbsn/gray-gaussian25"):
        options = RunOptions(datasets="samples-gray", weights=weights)
        request = options.request(["dbsn"], registries.budgets)
        found.append(WeightsFinder(request, registries, print).find(*task))  # type: ignore[arg-type]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].source == "zoo:gray-gaussian25"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("dbsn/gray-gaussian2", "did you mean 'dbsn/gray-gaussian25'"),
        (
            "noise2score/gray-gaussian25-small-patches",
            r"--weights \S+: its weights are not bundled",
        ),
    ],
)
def test_a_name_that_has_no_weights_is_told(
    weights: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    registries = load()
    request = RunOptions(weights=weights).request(["dbsn"], registries.budgets)
    with pytest.raises(UserError, match=said):
        WeightsFinder(request, registries, print).named(weights, "--weights")
