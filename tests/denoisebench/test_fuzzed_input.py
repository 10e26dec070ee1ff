"""Whatever is typed or lies in a file is taken or refused, after little work."""

import contextlib
import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pytest
from a_result import RESULT, SCORE
from fuzzing import at_most, damaged_json, mutated, mutated_bytes, odd_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocols import get_protocol
from recipes import RECIPE

from denoisebench.cli.rank import command as rank
from denoisebench.cli.run import command as run
from denoisebench.cli.shared.option_types import Seeds
from denoisebench.errors import UserError
from denoisebench.planning.run_options import RunOptions
from denoisebench.plugin import parse_spec, read_recipes
from denoisebench.ranking.records import ImageRank, RankedMethod, read_ranked
from denoisebench.registry.loader import load
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.store import SCHEMA, read_cell
from denoisebench.results.strict_json import stored
from denoisebench.results.training_history import open_trainings
from denoisebench.training.weights_file import read_header
from denoisebench_datasets.packs.file_format import open_pack

MOST_CALLS = 400_000

NOISES = [
    *("gaussian:25", "gaussian:5..50", "poisson:0.01", "poisson-peak:100", "heteroscedastic:40:10"),
    *("multivariate-gaussian:1:covariance=1/0/0/1/0/1", "correlated:25:1", "impulse:0..95", "real"),
]
METHODS = [
    *("tv:eps=0.001:iterations=10", "nlm:h=0.6:patch_px=5:distance_px=6", "wavelet:levels=2"),
    *("dbsn:width=32:gamma=1", "noise2void:masked=1.5:radius=2", "noise2score:probe_start=0.1"),
    *("blindspot:covariance=full", "pure:stride=4", "supervised:loss=mse"),
]
PROTOCOLS = ["float:border_px=4", "kair:noisy=8-bit", "nvlabs", "float:average=mse"]
SETTINGS = [
    *('noise = ["gaussian:25", "gaussian:50"]', "seeds = [0, 1]", "steps = 20", "out = 'out'"),
    *("save-images = true", "plugin = []", "crop = 32", "mixed = false", "channels = 'gray'"),
]
VALUES = [
    *("1.5", "-1", "{a = 1}", "[[1]]", "1979-05-27", "07:32:00", "nan", "inf", '"\\u0000"', "[{}]"),
    *("9" * 5_000, "0x" + "f" * 5_000, "[" * 3_000, "[nan]", "'''\nx\n'''", "['a', 1]"),
]
SCORES = asdict(SCORE)
CELL = stored({"schema": SCHEMA, **asdict(RESULT)}) | {
    "provenance": {"recipe": RECIPE.to_json(), "threads": 2, "training_outcome": {"train_s": 1.5}}
}
HEADER = {"recipe": RECIPE.to_json(), "images": {"ab": "1"}, "outcome": {"train_s": 1.5}}
HISTORY = [{"step": 1, "loss": 0.5, "train_s": 1.0, "rate": 1e-3, "held_out_loss": "nan"}]
RANKED = asdict(
    RankedMethod("a", "real", "known", "tv", "", "", (ImageRank("1", 1.0, 1.0, 1.0, 1.0, 1.0),))
)
ENTRY = {
    "id": "a.png",
    "shape": [1, 2, 3],
    "type": "uint8",
    **dict.fromkeys(("sha256", "pixel_sha256", "gray_sha256"), "ab" * 32),
}
PACK = {"channels": 1, "images": [ENTRY, ENTRY | {"id": "b.png"}]}
RECIPES = (
    '["tv/a"]\nmethod = "tv"\nnoise = "gaussian:25"\nparameters = "known"\nchannels = "gray"\n'
    'train-set = "x"\ndraws = "fixed"\nseed = "0"\nbudget = "quick"\n'
)
NPY = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + b" " * 58 + b"\n"


class Door(NamedTuple):
    """A way in.  odd: what may come.  take: a function of it and of a folder."""

    odd: st.SearchStrategy[Any]
    take: Callable[[Any, Path], object]


def one_of(texts: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(texts).flatmap(mutated)


def with_values(lines: list[str]) -> st.SearchStrategy[str]:
    """Settings of which one has another value, or settings with damage."""
    others = st.builds(
        lambda line, value: f"{line.partition(' = ')[0]} = {value}",
        st.sampled_from(lines),
        st.sampled_from(VALUES) | odd_texts,
    )
    return others | st.lists(st.sampled_from(lines), unique=True).map("\n".join).flatmap(mutated)


def file_of(take: Callable[[Path], object], name: str = "file") -> Callable[[Any, Path], object]:
    """A function of what lies in a file."""

    def written(data: bytes | str, folder: Path) -> object:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode(errors="replace"))
        return take(path)

    return written


def with_config(verb: click.Command) -> Callable[[Path], object]:
    return lambda path: verb.make_context(str(verb.name), ["--config", str(path)])


def with_header(text: bytes) -> bytes:
    """A weights file with a header of ours."""
    index = {"__metadata__": {"denoisebench": text.decode(errors="replace")}}
    data = json.dumps(index).encode()
    return len(data).to_bytes(8, "little") + data


def with_index(text: bytes) -> bytes:
    """A pack of twelve bytes of pixels with an index, signed."""
    header = struct.Struct("<16sIQQ32s")
    digest = hashlib.sha256(text).digest()
    packed = header.pack(b"denoisebenchpack", 1, header.size + 12, len(text), digest)
    return packed + bytes(12) + text


def with_npy_header(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text + bytes(24)


def journal(path: Path) -> None:
    Unfinished(path.parents[1], path.stem, keep=True).read()


def training(name: str) -> Callable[[bytes, Path], object]:
    """A training of which one file is odd."""

    def opened(data: bytes, folder: Path) -> object:
        for file, value in (("recipe.json", RECIPE.to_json()), ("history.json", HISTORY)):
            (folder / file).write_text(json.dumps(value))
        (folder / name).write_bytes(data)
        (found,) = open_trainings([str(folder)], folder)
        return found.curve("loss", "megapixels")

    return opened


REGISTRIES = load()
DOORS = {
    "noise": Door(one_of(NOISES), lambda text, _: REGISTRIES.noise(text)),
    "method": Door(one_of(METHODS), lambda text, _: REGISTRIES.method(text)),
    "protocol": Door(one_of(PROTOCOLS), lambda text, _: get_protocol(text)),
    "spec": Door(odd_texts, lambda text, _: parse_spec(text)),
    "seeds": Door(one_of(["0", "0,1,2"]), lambda text, _: Seeds().convert(text, None, None)),
    "budget": Door(
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("steps", "batch", "crop"), st.integers())
        ),
        lambda given, _: RunOptions(**given).request(["tv"], REGISTRIES.budgets),
    ),
    "settings of run": Door(with_values(SETTINGS), file_of(with_config(run))),
    "settings of rank": Door(with_values(SETTINGS[1:4]), file_of(with_config(rank))),
    "recipes": Door(mutated(RECIPES), file_of(read_recipes)),
    "cell": Door(damaged_json(CELL), file_of(read_cell, "c0ffee.json")),
    "journal": Door(damaged_json(SCORES), file_of(journal, "cells/c0ffee.unfinished")),
    "ranks": Door(damaged_json(RANKED), file_of(read_ranked)),
    "recipe of a training": Door(damaged_json(RECIPE.to_json()), training("recipe.json")),
    "history of a training": Door(damaged_json(HISTORY), training("history.json")),
    "header of weights": Door(damaged_json(HEADER).map(with_header), file_of(read_header)),
    "weights": Door(mutated_bytes(with_header(b"{}")), file_of(read_header)),
    "index of a pack": Door(damaged_json(PACK).map(with_index), file_of(open_pack)),
    "pack": Door(mutated_bytes(with_index(json.dumps(PACK).encode())), file_of(open_pack)),
    "estimate": Door(
        mutated_bytes(NPY).map(with_npy_header) | mutated_bytes(with_npy_header(NPY)),
        file_of(
            lambda path: Estimates(path.parents[3], "c0ffee", ("a.png",)).read("a.png", 0),
            "estimates/c0ffee/0/a.npy",
        ),
    ),
}


@pytest.mark.parametrize("examples", [40, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", DOORS)
def test_anything_is_taken_or_refused_after_little_work(
    name: str, examples: int, tmp_path: Path
) -> None:
    door = DOORS[name]

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(door.odd)
    def check(odd: Any) -> None:
        with (
            at_most(MOST_CALLS),
            np.errstate(all="ignore"),
            contextlib.suppress(UserError, click.ClickException),
        ):
            door.take(odd, tmp_path)

    check()


@pytest.mark.parametrize("name", ["cell", "header of weights", "index of a pack", "estimate"])
def test_what_is_sound_is_taken(name: str, tmp_path: Path) -> None:
    sound = {
        "cell": json.dumps(CELL).encode(),
        "header of weights": with_header(json.dumps(HEADER).encode()),
        "index of a pack": with_index(json.dumps(PACK).encode()),
        "estimate": with_npy_header(NPY),
    }
    assert DOORS[name].take(sound[name], tmp_path) is not None
