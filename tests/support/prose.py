"""Prose of the project as sentences, and the two rules that they are held to.

    python tests/support/prose.py            # figures, and the sentences that break a rule
    python tests/support/prose.py FOLDER     # the same of another checkout

Sentences are taken from README and docs, from docstrings and from the help of `bench`.  Code,
formulas and headings are left out.  `Code in a line` counts as one word, a table's cell as a
paragraph.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONG = 25
"""Words: a reader can hold a sentence of this length; few may be longer."""
TOO_LONG = 40
"""Words: no sentence is longer."""

AVOID = {
    "nobody knows, nobody can": r"\bnobody (?:knows|can|else)\b",
    "so many, so much of an unnamed number": r"\bso (?:many|large|long|much) (?!as|that|for|,)",
    "what there is": r"\b(?:what there is|that (?:is|are) there|as there are|there is of)\b",
    "at hand": r"\bat hand\b",
    "stands beside": r"\bstands? (?:beside|beneath|behind|below|next to)\b",
    "is told": r"\b(?:is|are|was|were) told\b",
    "of its own": r"\bof (?:its|their|his) own\b",
    "comes with": r"\b(?:comes?|came) with\b",
    "one that, those of": r"\b(?:of|in|to|for) (?:one that|those (?:of|that))\b",
    "of which, of all of which": r"\bof (?:all of )?(?:which|whom)\b",
    "begins with What": r"^(?-i:What)\b(?!.*\?$)",
    "begins with an inverted clause": r"^(?-i:Of|To) (?:an?|the|each|all|one|several)\b.*, ",
}
"""Habit -> how it reads.  Each has a plain way to say the same."""

_END = re.compile(r"(?<=[.!?])[)\]'\"”*]*\s+(?=[^a-z\s])")
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|cf|vs|al|Fig|Eq|Sec|No|Dr|St|resp|approx|ca)\.(?=\s)")
_FIELD = re.compile(r"(?:^|(?<=[.;)] )|(?<=[.;)]  ))[\w`*]+(?:, [\w`*]+)*(?: \([^()]*\))?: +")
"""Where a docstring begins to explain a field: `name, other: `."""
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the place that it was found in."""

    place: str
    text: str

    @property
    def words(self) -> int:
        return len(_WORD.findall(self.text))

    @property
    def habits(self) -> list[str]:
        return [name for name, pattern in AVOID.items() if re.search(pattern, self.text, re.I)]


def sentences(paragraphs: Iterable[str], place: str) -> Iterator[Sentence]:
    """The sentences of paragraphs; one of no or one word is a name or a number, not a sentence."""
    for paragraph in paragraphs:
        text = _ABBREVIATION.sub(r"\1", _in_words(" ".join(paragraph.split())))
        for part in _END.split(text):
            sentence = Sentence(place, part.strip())
            if sentence.words > 1:
                yield sentence


def _in_words(text: str) -> str:
    """Without markup: code is one word, a link its text."""
    text = re.sub(r"``?[^`]+``?", "CODE", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<https?:[^>]*>|https?:\S+", "link", text)
    return text.replace("**", "").replace("__", "")


def of_markdown(text: str) -> Iterator[str]:
    """The paragraphs, items and cells of a page."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n", text):
        lines = block.split("\n")
        if all(line.startswith("    ") for line in lines if line.strip()):
            continue
        yield from _paragraphs(lines)


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The parts of a block of lines: a row's cells, an item, or all of it."""
    part: list[str] = []
    for line in lines:
        item = re.match(r"\s*(?:[-*+]|\d+\.)\s+", line)
        row = line.lstrip().startswith("|")
        if line.startswith(("#", "```")) or item or row:
            yield " ".join(part)
            part = []
        if row:
            yield from re.split(r"(?<!\\)\|", line)
        elif not line.startswith(("#", "```")):
            part.append(line[item.end() :] if item else line)
    yield " ".join(part)


def of_docstring(text: str) -> Iterator[str]:
    """The paragraphs of a docstring; its examples, formulas and tables are left out."""
    for block in re.split(r"\n\s*\n", text):
        part: list[str] = []
        lines = block.split("\n")
        if lines[0].lstrip().startswith(">>>") or lines[0].startswith("    "):
            continue
        for line in lines:
            if re.match(r"(?:[-*] |\s{4,})", line):  # an item, a formula
                yield from _FIELD.split(" ".join(part))
                part = []
            if not line.startswith("    "):
                part.append(line.removeprefix("- ").removeprefix("* "))
        yield from _FIELD.split(" ".join(part))


def docstrings(path: Path) -> Iterator[str]:
    """Those of a module, its classes and functions, and strings below constants and fields."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield _dedented(value.value)


def _dedented(text: str) -> str:
    first, _, rest = text.partition("\n")
    indents = [len(line) - len(line.lstrip()) for line in rest.split("\n") if line.strip()]
    cut = min(indents, default=0)
    return "\n".join([first.strip(), *(line[cut:] for line in rest.split("\n"))])


def _literal(node: ast.AST) -> Iterator[str]:
    """The text of a string; what is put into it counts as a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.FormattedValue | ast.Name | ast.Call):
        yield "CODE"
    else:
        for part in ast.iter_child_nodes(node):
            yield from _literal(part)


def help_texts(path: Path) -> Iterator[str]:
    """Texts of `help=` in a module of the command line, and the one line of each verb."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg in ("help", "epilog", "short_help"):
            text = "".join(_literal(node.value))
            yield text
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VERBS":
            yield from map(str, ast.literal_eval(node.value).values())


PLACES = {
    "README": ("README.md",),
    "docs": ("docs/**/*.md", "CONTRIBUTING.md", "methods/*/README.md", "examples/**/*.md"),
    "help": ("benchmark/denoisebench/cli/**/*.py",),
    "docstrings": tuple(
        f"{folder}/**/*.py"
        for folder in ("benchmark", "methods", "datasets", "reports", "examples")
    ),
}


def collect(root: Path = ROOT) -> dict[str, list[Sentence]]:
    """The sentences of each kind of place."""
    found: dict[str, list[Sentence]] = {}
    for kind, patterns in PLACES.items():
        found[kind] = []
        for path in sorted({p for pattern in patterns for p in root.glob(pattern)}):
            place = path.relative_to(root).as_posix()
            if kind in ("README", "docs"):
                found[kind] += sentences(of_markdown(path.read_text(encoding="utf-8")), place)
                continue
            texts = docstrings(path) if kind == "docstrings" else help_texts(path)
            found[kind] += (s for text in texts for s in sentences(of_docstring(text), place))
    return found


def share_of_long(found: list[Sentence]) -> float:
    """The share of sentences of more than `LONG` words."""
    return sum(s.words > LONG for s in found) / max(len(found), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--figures", action="store_true", help="no sentences")
    asked = parser.parse_args()
    found = collect(asked.root)
    if not asked.figures:
        for sentence in sorted((s for f in found.values() for s in f), key=lambda s: -s.words):
            if sentence.words > TOO_LONG or sentence.habits:
                why = ", ".join([f"{sentence.words} words", *sentence.habits])
                print(f"{sentence.place} ({why}): {sentence.text}")
    print(f"{'':11} {'sentences':>9} {f'> {LONG} words':>10} {f'> {TOO_LONG}':>6} {'habits':>7}")
    for kind, group in found.items():
        longest = sum(s.words > TOO_LONG for s in group)
        habits = sum(len(s.habits) for s in group)
        share = f"{100 * share_of_long(group):.1f} %"
        print(f"{kind:11} {len(group):9} {share:>10} {longest:6} {habits:7}")


if __name__ == "__main__":
    sys.exit(main())
