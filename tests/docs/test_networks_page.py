"""The page on networks: its table has every network of the shelf, with its size."""

import re
from pathlib import Path

import pytest

from denoisebench.nn.shelf import NETWORKS, build_network

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\S+)` \| ([\d,]+) \| ([\d,]+) \| (\d+) \| ", PAGE, re.MULTILINE)


def test_the_page_names_the_networks_in_the_order_of_error_messages() -> None:
    assert [name for name, *_ in ROWS] == list(NETWORKS)


@pytest.mark.parametrize(("name", "gray", "colour", "multiple"), ROWS, ids=lambda text: text)
def test_sizes_are_those_of_the_networks(name: str, gray: str, colour: str, multiple: str) -> None:
    for channels, said in ((1, gray), (3, colour)):
        net = build_network(name, channels)
        assert f"{sum(p.numel() for p in net.parameters()):,}" == said
        assert str(net.multiple) == multiple
