"""The samples inside scikit-image."""

from pathlib import Path

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.images.pixels import to_gray
from denoisebench.images.verify import verify
from denoisebench.specs import parse_spec
from denoisebench_datasets.public import samples


def ignore(_progress):
    pass


def ids(image_set):
    return [image.id for image in image_set.images]


@pytest.mark.parametrize("name", ["samples", "samples-gray"])
@pytest.mark.parametrize("part", ["test", "train"])
def test_every_sample_is_there_and_as_recorded(sources, name, part):
    spec = parse_spec(f"{name}:part={part}")
    assert sources[name].is_local(spec)
    sources[name].fetch(spec, ignore)
    assert verify(sources[name].open(spec), ignore) == []


def test_the_test_part_is_the_default_and_has_no_option(sources):
    assert sources["samples"].open(parse_spec("samples:part=test")).spec == "samples"
    assert sources["samples"].open(parse_spec("samples:part=train")).spec == "samples:part=train"
    assert ids(sources["samples"].open(parse_spec("samples"))) == [
        "astronaut.png",
        "chelsea.png",
        "coffee.png",
    ]


def test_no_scene_is_in_both_parts(sources):
    for name in ("samples", "samples-gray"):
        test = set(ids(sources[name].open(parse_spec(name))))
        train = set(ids(sources[name].open(parse_spec(f"{name}:part=train"))))
        assert not test & train
        assert {"motorcycle_left.png", "motorcycle_right.png"} <= train


def test_gray_holds_the_luma_of_the_colour_samples_and_the_gray_ones(sources):
    colour = sources["samples"].open(parse_spec("samples"))
    gray = sources["samples-gray"].open(parse_spec("samples-gray"))
    assert ids(gray) == [*ids(colour), "camera.png", "coins.png"]
    assert gray.channels == 1
    np.testing.assert_array_equal(gray.images[0].load(), to_gray(colour.images[0].load()))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("samples:part=val", "samples.part is test or train, not 'val'"),
        ("samples:parts=test", "did you mean 'part'"),
        ("samples:train", "'train' is not key=value"),
    ],
)
def test_a_bad_spec_is_one_line(sources, spec, reason):
    with pytest.raises(UserError, match=reason):
        sources["samples"].open(parse_spec(spec))


def test_another_scikit_image_is_told(sources, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(samples, "_path", lambda image: tmp_path / image)
    image = sources["samples"].open(parse_spec("samples")).images[0]
    with pytest.raises(UserError, match=r"scikit-image has no astronaut\.png; .*pip install"):
        image.load()
    with pytest.raises(UserError, match="samples is not complete here"):
        sources["samples"].fetch(parse_spec("samples"), ignore)
    (tmp_path / "astronaut.png").write_bytes(b"another")
    with pytest.raises(UserError, match=r"astronaut\.png is not the recorded file"):
        image.load()
