"""Print the rooms of the core and who imports whom, as the Mermaid picture of docs/architecture.md.

    python examples/studies/draw_rooms.py

An arrow leads from a room to a room that it imports.  An import that a chain of other arrows
already leads to is left out; imports for the type checker alone do not count.
"""

from collections.abc import Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PLUGINS = {
    folder: [init.parent.name for init in sorted((ROOT / folder).glob("*/__init__.py"))]
    for folder in ("methods", "datasets", "reports")
}
ROOM_OF = {package: folder for folder, names in PLUGINS.items() for package in names}

Rooms = Mapping[str, set[str]]
"""Room -> the rooms that it imports."""


def room_of(module: str) -> str | None:
    """The room of a module: a folder or file of the core, or the folder of a plugin; None for the
    core as a whole."""
    package, *inner = module.split(".")
    return ROOM_OF[package] if package in ROOM_OF else next(iter(inner), None)


def imports() -> Rooms:
    """The rooms and what they import of each other, read from the code."""
    packages = ("denoisebench", *ROOM_OF)
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    rooms: dict[str, set[str]] = {}
    for module in graph.modules:
        if room := room_of(module):
            imported = map(room_of, graph.find_modules_directly_imported_by(module))
            rooms.setdefault(room, set()).update(other for other in imported if other)
            rooms[room].discard(room)
    return rooms


def reached(rooms: Rooms, start: str) -> set[str]:
    """All rooms that a chain of imports leads to."""
    return rooms[start].union(*(reached(rooms, room) for room in rooms[start]))


def drawn(rooms: Rooms) -> Rooms:
    """The same without the imports that a chain of others leads to."""
    return {
        room: others - set[str]().union(*(reached(rooms, other) for other in others))
        for room, others in rooms.items()
    }


def mermaid(rooms: Rooms) -> str:
    """The picture: plugins as rounded boxes, rooms of the core as plain ones."""
    plugins = [f'    {folder}(["{folder}/"])' for folder in PLUGINS]
    arrows = [f"    {a} --> {b}" for a, others in sorted(rooms.items()) for b in sorted(others)]
    return "\n".join(["graph TD", *plugins, *arrows])


if __name__ == "__main__":
    print(mermaid(drawn(imports())))
