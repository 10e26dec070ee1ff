"""The page as a file: what it holds, how often, and that it is one file that fetches nothing."""

import base64
import dataclasses
import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from a_result import results_of
from pages import CLEAN, HEIGHT, METHODS, NOISY, WIDTH, save_results, strip
from PIL import Image
from recipes import RECIPE

from denoisebench.budgets import Budget
from denoisebench.errors import UserError
from denoisebench.results.store import write_cell
from denoisebench_reports.page.page import render_page

PSNR_DB = {"alpha": [30.0, 27.5], "beta": [29.0, 31.5]}


def page_of(cells, folder="none"):
    return render_page(results_of(cells, folder=folder))


class Elements(HTMLParser):
    """Each start tag with its attributes, and each script's text by its id."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts, self._script = [], {}, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._script = attributes.get("id") if tag == "script" else None

    def handle_data(self, data):
        if self._script is not None:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def text_of(page):
    body = re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_page_needs_nothing_from_elsewhere_and_forbids_it(tmp_path, make_cell):
    page = page_of(save_results(tmp_path, make_cell, PSNR_DB), tmp_path)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; img-src data:;")
    named = [a[key] for _, a in Elements(page).tags for key in ("src", "href") if key in a]
    assert named
    assert all(address.startswith(("#", "data:")) for address in named)
    assert "url(" not in page
    assert "@import" not in page


def test_each_image_is_there_once_and_looks_as_it_was_saved(tmp_path, make_cell):
    cells = save_results(tmp_path, make_cell, PSNR_DB)  # two images of two methods, all alike
    scripts = Elements(page_of(cells, tmp_path)).scripts
    viewer = json.loads(scripts["viewer-data"])
    (images,) = [gallery["images"] for gallery in viewer["c0"]["sets"]]
    assert [image["id"] for image in images] == ["01", "02"]
    assert sum(key.startswith("picture-") for key in scripts) == 4
    expected = [NOISY, *METHODS.values(), CLEAN]
    for key, split_in_halves in zip(images[0]["keys"], expected, strict=True):
        with Image.open(io.BytesIO(base64.b64decode(scripts[f"picture-{key}"]))) as picture:
            assert picture.size == (WIDTH, HEIGHT)
            assert (
                np.abs(np.asarray(picture.convert("L"), float) - strip(split_in_halves)).max() <= 3
            )
    assert images[0]["psnr"] == [20.17, 30.0, 29.0, None]


def test_figures_intervals_and_published_figures_are_those_of_the_results(make_cell):
    page = text_of(page_of([make_cell([29.5, 29.7], method="noise2score")]))
    assert "29.60 ±1.27 published 30.13" in page  # t(0.975, 1) · 0.1414 / √2
    assert "−0.53 not comparable: trained less Noise2Score (Kim &amp; Ye" in page
    assert "559 k" in page
    assert "1.24e+05" not in page
    assert "124 k" in page  # 123.5 G per megapixel are so many per pixel


def test_best_second_and_tied_are_marked_as_in_the_table(make_cell):
    psnr_db = {"alpha": [31.0, 30.0, 32.0], "beta": [30.9, 30.1, 31.9], "gamma": [25.0, 24.1, 26.0]}
    cells = [make_cell(its, method=name, cell=name) for name, its in psnr_db.items()]
    page = page_of(cells)
    text = text_of(page)
    assert '<span class="best">31.00</span>' in page
    assert '<span class="second">30.97</span>' in page
    assert text.count("tied with the best") == 1
    assert "Smallest difference that a set resolves" in text


def test_what_is_not_known_is_a_dash_and_what_is_not_finite_breaks_nothing(make_cell):
    unknown = dict.fromkeys(("train_s", "network_parameters", "gmacs_per_mpx", "peak_memory_mb"))
    page = page_of([make_cell([math.inf, 30.0], method="alpha", **unknown)])
    assert "nan" not in text_of(page).lower()
    assert "We know of no published figure" not in page  # no section for what nobody published
    assert 'id="cost"' in page


def test_names_of_images_and_sets_are_text_whatever_they_hold(make_cell):
    cell = make_cell([30.0], dataset="folder:<script>alert(1)</script>")
    score = dataclasses.replace(cell.scores[0], image="</script><b>.png")
    page = page_of([dataclasses.replace(cell, scores=(score,))])
    assert "<script>alert" not in page
    assert "</script><b>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_conditions_are_kept_apart_and_the_first_is_shown(make_cell):
    noises = ("gaussian:25", "gaussian:50")
    cells = [make_cell([30.0], method="alpha", noise=noise, cell=noise[-2:]) for noise in noises]
    tags = Elements(page_of(cells)).tags
    panels = {a["data-panel"]: "hidden" in a for _, a in tags if "data-panel" in a}
    assert panels == {"c0": False, "c0s0": False, "c1": True, "c1s0": True}


def test_pictures_are_of_one_seed_and_figures_of_all(tmp_path, make_cell):
    cells = save_results(tmp_path, make_cell, {"alpha": [30.0]})
    cells.append(make_cell([32.0], cell="other", method="alpha", seed=1))
    page = page_of(cells, tmp_path)
    assert "31.00" in text_of(page)
    assert json.loads(Elements(page).scripts["viewer-data"])["c0"]["sets"][0]["seed"] == 0


@pytest.mark.parametrize("width", [0, 7])
def test_a_damaged_picture_is_named_with_the_remedy(tmp_path, make_cell, width):
    cells = save_results(tmp_path, make_cell, {"alpha": [30.0]})
    (file,) = (tmp_path / "pictures").rglob("01.png")
    if width:
        Image.new("L", (width, 4)).save(file)
    else:
        file.write_bytes(b"\x89PNG and no more")
    with pytest.raises(UserError, match=r"01\.png is damaged: .*; delete its folder"):
        page_of(cells, tmp_path)


def test_where_results_were_made_is_told_once_and_what_differs_apart(tmp_path, make_cell):
    both = {"torch": "2.9", "device_name": "a processor", "peak_memory_mb": 7.5}
    cells = [
        make_cell([30.0], method=method, cell=method, provenance=both | {"git": git})
        for method, git in (("alpha", "c0ffee"), ("beta", "decade"), ("gamma", "c0ffee"))
    ]
    for cell in cells:
        write_cell(tmp_path, cell)
    page = text_of(page_of(cells, tmp_path))
    told = page[page.index("Made with") :]
    assert told.startswith(
        "Made with PyTorch 2.9 processor a processor commit c0ffee 2 results alpha"
    )
    assert told.count("2.9") == told.count("a processor") == told.count("decade") == 1
    assert "commit decade 1 result beta · gaussian:25 · set12 · seed 0 · beta" in told


def test_a_training_that_is_there_shows_its_curve(tmp_path, make_cell):
    cells = save_results(tmp_path, make_cell, {"alpha": [30.0]})
    folder = tmp_path / "trainings" / "7ea"
    folder.mkdir(parents=True)
    recipe = dataclasses.replace(
        RECIPE, method="alpha", budget=Budget("", steps=100, batch=8, crop_px=64)
    )
    (folder / "recipe.json").write_text(json.dumps(recipe.to_json()))
    history = [{"step": n, "loss": 1 / (n + 1), "train_s": n / 10} for n in (0, 50, 100)]
    (folder / "history.json").write_text(json.dumps(history))
    page = page_of(cells, tmp_path)
    assert page.count('<polyline class="curve loss"') == 1
    assert "Loss of alpha: on the training images from 1 to 0.0099." in page
    for name, text in (("history.json", "[]"), ("recipe.json", "{"), ("recipe.json", None)):
        (folder / name).write_text(text) if text else (folder / name).unlink()
        page = page_of(cells, tmp_path)
        assert '<polyline class="curve loss"' not in page
        assert page.count('<p class="note">No curve of training 7ea: ') == 1


def test_pictures_that_would_make_the_page_too_large_are_left_out(tmp_path, make_cell, monkeypatch):
    cells = save_results(tmp_path, make_cell, PSNR_DB)
    cells += save_results(tmp_path, make_cell, {"alpha": [25.0]}, dataset="kodak")
    for number, path in enumerate(sorted(tmp_path.glob("pictures/*/*/*/02.png"))):
        strip(NOISY, (10 * number, 0), (7, 7)).save(path)  # the second image is another one
    whole = page_of(cells, tmp_path)
    assert "are left out" not in whole
    pictures = Elements(whole).scripts
    taken = sum(
        len(text.strip()) for key, text in pictures.items() if key and key.startswith("picture-")
    )
    monkeypatch.setattr("denoisebench_reports.page.page.PICTURES_MB", (taken - 1) / 1e6)
    cut = page_of(cells, tmp_path)
    assert "Pictures of 1 image are left out" in text_of(cut)
    viewer = json.loads(Elements(cut).scripts["viewer-data"])
    assert [len(s["images"]) for s in viewer["c0"]["sets"]] == [1, 1]
    kept = {key for key in Elements(cut).scripts if key and key.startswith("picture-")}
    shown = {f"picture-{k}" for s in viewer["c0"]["sets"] for i in s["images"] for k in i["keys"]}
    assert kept == shown
