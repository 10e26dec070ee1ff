"""Reading the page of Table 2: its sections, cells and reasons."""

import re


def recipe(**changes):
    """The provenance of a result whose network was trained so."""
    budget = {"name": "", "steps": 2000, "batch": 16, "crop_px": 64}
    told = {"noise": "gaussian:25", "parameters": "known", "channels": 1, "budget": budget}
    outcome = {"device": "cpu", "device_name": "Abacus", "threads": 2, "precision": "bf16"}
    return {"recipe": {**told, **changes}, "training_outcome": outcome, "torch": "2.6"}


def given(name, **changes):
    """A result of weights that were given, each file a training of its own."""
    label = {"weights": name, "training": "", "budget": "131 Mpx"}
    return label | {"provenance": recipe(**changes) | {"weights_sha256": f"5ha of {name}"}}


def section(page, title):
    """The lines under a heading."""
    behind = page.split(f" {title}\n", 1)[1]
    return re.split(r"^#+ ", behind, maxsplit=1, flags=re.M)[0].splitlines()


def cell(page, noise, dataset, method, parameters="known"):
    """The lines of a cell of the table, marks as `[t1]`."""
    lines = [line for line in section(page, noise) if line.startswith("|")]
    names = [
        ("".join(head.split("<br>")[:-1]), head.split("<br>")[-1])
        for head in lines[0].strip("| ").split(" | ")
    ]
    (row,) = (line for line in lines if line.startswith(f"| {dataset} "))
    text = row.strip("| ").split(" | ")[1 + names.index((method, parameters))]
    return re.sub(r"\N{NO-BREAK SPACE}<sup>(.*?)</sup>", r"[\1]", text).split("<br>")


def in_short(page, method, parameters="known"):
    """The row of a method: cells, mean difference, from, to, gigapixels."""
    (row,) = (s for s in section(page, "In short") if s.startswith(f"| {method} | {parameters} |"))
    return row.strip("| ").split(" | ")[2:]


def reason(page, label):
    (found,) = (s for s in section(page, "Why figures are missing") if s.startswith(f"- {label}:"))
    return found
