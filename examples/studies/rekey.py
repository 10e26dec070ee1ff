"""Give stored results the ids that today's code gives them, after a change of code that changes no
figure.

    python examples/studies/rekey.py docs/table2

Results of trainings keep theirs: what a training yields depends on more than its code.  A result
whose code did change is to be computed again instead.
"""

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path

from denoisebench.execution.rescore import stored_id
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.records import CellResult
from denoisebench.results.store import PACKED, cell_path, read_cells, write_cell
from denoisebench.scoring.protocols import labelled


def id_today(result: CellResult, registries: Registries) -> str:
    """The id of a stored result by today's code; its own where that cannot be told: of a training,
    and of other images than those that were scored."""
    image_set = registries.image_set(result.dataset)
    protocol = labelled(result.protocol, registries.protocols)
    same = result.provenance.get("image_set_digest") == image_set.digest
    if result.training or not same or protocol is None:
        return result.cell
    return stored_id(result, registries, image_set, protocol)


def pack(path: Path) -> None:
    """Compress a stored result, the same bytes for the same content."""
    text = json.dumps(json.loads(path.read_bytes()), ensure_ascii=False, separators=(",", ":"))
    path.with_name(path.name + PACKED).write_bytes(_compressed(f"{text}\n".encode()))
    path.unlink()


def _compressed(data: bytes) -> bytes:
    """As gzip; by zopfli, which takes longer and a tenth less space, where it is installed."""
    try:
        from zopfli.gzip import compress
    except ImportError:
        return gzip.compress(data, 9, mtime=0)
    packed: bytes = compress(data)
    return packed


def main(out: Path) -> None:
    registries = load()
    for result in read_cells(out):
        cell = id_today(result, registries)
        if cell != result.cell:
            old, new = cell_path(out, result.cell), write_cell(out, replace(result, cell=cell))
            if old.suffix == PACKED:
                pack(new)
            old.unlink()
            print(f"{result.cell} is {cell}: {result.method}, {result.noise}, {result.dataset}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
