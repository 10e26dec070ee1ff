"""What tests share: no network, no files but those of the test."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from a_result import cell_of

from denoisebench.images.image_set import ImageSet
from denoisebench.plugin.image_source import ImageSource
from denoisebench.results.records import CellResult
from denoisebench.specs import parse_spec
from denoisebench_datasets import register_image_sets


@pytest.fixture
def sources() -> dict[str, ImageSource]:
    return {source.name: source for source in register_image_sets()}


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data folder and an empty cache, whose path it is."""
    monkeypatch.delenv("DENOISEBENCH_DATA", raising=False)
    monkeypatch.setenv("DENOISEBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def real_set(sources: dict[str, ImageSource]) -> Callable[[str], ImageSet]:
    """Open a public set whose files are in $DENOISEBENCH_DATA; skip the test when they are not."""

    def open_real(text: str) -> ImageSet:
        spec = parse_spec(text)
        if not os.environ.get("DENOISEBENCH_DATA"):
            pytest.skip("DENOISEBENCH_DATA is not set")
        if not sources[spec.name].is_local(spec):
            pytest.skip(f"{text} is not in $DENOISEBENCH_DATA")
        return sources[spec.name].open(spec)

    return open_real


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., CellResult]:
    return cell_of
