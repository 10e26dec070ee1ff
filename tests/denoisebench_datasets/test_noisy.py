"""`noisy:PATH`: a folder of noisy images, without clean ones."""

import numpy as np
import pytest
from bench import make_images

from denoisebench.errors import UserError
from denoisebench.specs import parse_spec


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_images(tmp_path / "gray", 2)
    (tmp_path / "mixed").mkdir()
    np.save(tmp_path / "mixed" / "a.npy", np.zeros((20, 21), np.float32))
    np.save(tmp_path / "mixed" / "b.npy", np.zeros((20, 21, 3), np.float32))
    return tmp_path


def opened(sources, text):
    return sources["noisy"].open(parse_spec(text))


@pytest.mark.usefixtures("photos")
def test_its_images_are_given_as_noisy_and_have_no_reference(sources):
    images = opened(sources, "noisy:gray/")
    assert (images.spec, images.channels, images.noise) == ("noisy:gray", 1, "real")
    assert images.noisy_is_given
    assert not images.has_reference
    folder = sources["folder"].open(parse_spec("folder:gray"))
    for noisy, image in zip(images.images, folder.images, strict=True):
        assert noisy.noisy_sha256 == image.sha256
        assert noisy.load_noisy is not None
        np.testing.assert_array_equal(noisy.load_noisy(), image.load())
    assert images.digest != folder.digest


def test_it_is_at_hand_when_its_folder_is_there(sources, photos):
    assert sources["noisy"].is_local(parse_spec(f"noisy:{photos}/gray"))
    assert not sources["noisy"].is_local(parse_spec("noisy:nowhere"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noisy", "write noisy:PATH"),
        ("noisy:a:b", "write noisy:PATH"),
        ("noisy:nowhere", "cannot be read"),
        ("noisy:mixed", "mixed/a.npy is gray and mixed/b.npy colour; put them into two folders"),
        ("noisy:gray:channels=colour", "taken as stored: leave channels=colour out"),
    ],
)
@pytest.mark.usefixtures("photos")
def test_what_cannot_be_taken_as_stored_is_refused(sources, text, said):
    with pytest.raises(UserError, match=said):
        opened(sources, text)
