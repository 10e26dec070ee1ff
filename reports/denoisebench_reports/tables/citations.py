"""Keys to cite the papers of published figures by, made of how a source names its paper."""

import re
from collections.abc import Iterable

_PAPER = re.compile(
    r"(?:(?P<name>[^()]+) \((?P<by>[^(),]+), [^(),]*(?P<year>(?:19|20)\d\d)\)"
    r"|(?P<alone>[^()]+) \([^(),]*(?P<in>(?:19|20)\d\d)\))"
)


def citation_key(source: str) -> str:
    """The key of a source's paper; empty for what is no paper.

    First author, year and the name of the method: `kim2021noise2score` for "Noise2Score (Kim & Ye,
    NeurIPS 2021), Table 2".
    """
    found = _PAPER.match(source)
    if found is None:
        return ""
    author = re.split(r"\W+", found["by"] or found["alone"])[0]
    name = re.sub(r"\W+", "", found["name"] or "")
    return f"{author}{found['year'] or found['in']}{name}".lower()


def key_comments(sources: Iterable[str]) -> list[str]:
    """Comment lines of LaTeX that say which paper a key is of."""
    keys = {citation_key(source): source for source in sources}
    return [f"% {key}: {source}" for key, source in keys.items() if key]
