"""Print the tables of docs/real-noise.md from the results that are stored next to it.

python examples/studies/real_noise_table.py docs/real-noise
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tabulate import tabulate

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.execution.measure import Measurer
from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells
from denoisebench.scoring.average import means_of_images
from denoisebench.scoring.statistics import finite_mean

SETS = ("cc15", "polyu", "fmd-confocal5")
METRICS = ("si-psnr", "frc", "ms-ssim")
KINDS = ("noisy", "classical", "zero-shot", "transductive", "trained on drawn noise")


def kind_of(result: CellResult) -> str:
    """How the method learned."""
    if result.method == "identity":
        return "noisy"
    if result.evidence == "nothing":
        return "classical"
    if result.evidence == "image":
        return "zero-shot"
    transductive = "transductive" in result.train_set
    return "transductive" if transductive else "trained on drawn noise"


def told(result: CellResult) -> str:
    """The noise that the method was given."""
    if result.method == "identity":
        return ""
    if result.noise != "real":
        return result.noise
    recipe = result.provenance.get("recipe")
    if recipe is not None and kind_of(result) != "transductive":
        return f"{recipe['noise']}, in training"
    assumed = result.provenance.get("assumed")
    return f"{assumed}, level estimated" if assumed else "nothing"


def psnr_db(result: CellResult) -> float:
    scored = ((s.image, s.psnr_db) for s in result.scores if s.is_denoised)
    return finite_mean(means_of_images(scored).values())


def psnr_table(results: Iterable[CellResult]) -> str:
    """PSNR and the gain over the noisy images, a row for each method and noise given to it."""
    found: dict[tuple[int, str, str], dict[str, float]] = {}
    for result in results:
        key = (KINDS.index(kind_of(result)), result.method, told(result))
        found.setdefault(key, {})[result.dataset] = psnr_db(result)
    noisy = next(values for key, values in found.items() if key[0] == 0)
    rows = []
    for (kind, method, noise), values in sorted(found.items()):
        cells = [
            _with_gain(values, noisy, name) if kind else f"{values[name]:.2f}" for name in SETS
        ]
        rows.append([KINDS[kind], f"`{method}`", noise, *cells])
    return tabulate(rows, ["kind", "method", "told", *SETS], "github", disable_numparse=True)


def _with_gain(values: Mapping[str, float], noisy: Mapping[str, float], name: str) -> str:
    if name not in values:
        return "–"
    gain = f" ({values[name] - noisy[name]:+.2f})" if values is not noisy else ""
    return f"{values[name]:.2f}{gain}"


def metrics_table(folder: Path) -> str:
    """Metrics of the microscope's images."""
    registries = load_plugins(())
    metrics = [registries.metric(name) for name in METRICS]
    measurer = Measurer(folder, metrics, registries)
    rows = []
    for result in measurer.results():
        numbers = measurer.measure(result, lambda _: None)
        row = [f"`{result.method}`", told(result), f"{psnr_db(result):.2f}"]
        for metric in metrics:
            of_image = means_of_images((n.image, n.value) for n in numbers[metric.name].numbers)
            row.append(f"{finite_mean(of_image.values()):.{metric.decimals}f}")
        rows.append(row)
    rows.sort(key=lambda row: row[2])
    return tabulate(rows, ["method", "told", "PSNR", *METRICS], "github", disable_numparse=True)


def main() -> None:
    folder = Path(sys.argv[1])
    print(psnr_table(read_cells(folder)))
    print()
    print(metrics_table(folder))


if __name__ == "__main__":
    main()
