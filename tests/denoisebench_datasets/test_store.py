"""Where files are looked for, and the download, from a server of the test's own."""

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.verify import verify
from denoisebench.specs import Spec
from denoisebench_datasets.public import downloads as store
from denoisebench_datasets.public.catalog import CatalogSource, Entry
from denoisebench_datasets.public.downloads import RemoteFile

PIXELS = np.arange(64, dtype=np.uint8).reshape(8, 8)
SPEC = Spec("tiny")


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


CONTENT = {"/one.png": png(PIXELS), "/two.png": png(PIXELS.T)}


class Server(ThreadingHTTPServer):
    """Serves CONTENT, after as many refusals as asked for; counts the requests."""

    refusals = 0
    requests = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        body = CONTENT.get(self.path)
        if body is None or self.server.refusals > 0:
            self.server.refusals -= 1
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def tiny_source(server, sha256=None):
    files = [
        RemoteFile(
            "tiny",
            path[1:],
            sha256 or hashlib.sha256(body).hexdigest(),
            f"http://127.0.0.1:{server.server_port}{path}",
        )
        for path, body in CONTENT.items()
    ]
    return CatalogSource(Entry("tiny", GRAY, "", "", "a/b@c"), tuple(files))


def ignore(_progress):
    pass


def test_fetch_brings_what_is_missing_and_reports_progress(server, empty_machine: Path):
    source = tiny_source(server)
    assert not source.is_local(SPEC)
    steps = []
    source.fetch(SPEC, steps.append)
    assert [(step.done, step.total, step.note) for step in steps] == [
        (0, 2, "one.png"),
        (1, 2, "two.png"),
        (2, 2, ""),
    ]
    assert source.is_local(SPEC)
    assert sorted(path.name for path in (empty_machine / "tiny").iterdir()) == [
        "one.png",
        "two.png",
    ]
    np.testing.assert_array_equal(source.open(SPEC).images[0].load()[0] * 255, PIXELS)
    source.fetch(SPEC, ignore)
    assert server.requests == 2


@pytest.mark.usefixtures("empty_machine")
def test_fetch_tries_again(server):
    server.refusals = 1
    tiny_source(server).fetch(SPEC, ignore)
    assert server.requests == 3


def test_fetch_replaces_a_broken_file_of_the_cache(server, empty_machine: Path):
    source = tiny_source(server)
    source.fetch(SPEC, ignore)
    (empty_machine / "tiny" / "one.png").write_bytes(b"broken")
    source.fetch(SPEC, ignore)
    assert verify(source.open(SPEC), ignore) == []


def test_a_download_with_another_hash_is_refused_and_leaves_no_file(
    server, empty_machine: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "RETRIES", 0)
    source = tiny_source(server, sha256="0" * 64)
    with pytest.raises(UserError, match=r"tiny/one\.png cannot be fetched from http") as caught:
        source.fetch(SPEC, ignore)
    assert "\n" not in str(caught.value)
    assert str(empty_machine / "tiny" / "one.png") in str(caught.value)
    assert not source.is_local(SPEC)
    assert list((empty_machine / "tiny").iterdir()) == []


@pytest.mark.usefixtures("empty_machine")
def test_an_unreachable_server_is_one_line(server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "RETRIES", 0)
    server.refusals = 99
    with pytest.raises(UserError, match=r"cannot be fetched from .*; try again, or put the file"):
        tiny_source(server).fetch(SPEC, ignore)


@pytest.mark.usefixtures("empty_machine")
def test_the_users_own_data_comes_before_the_cache_and_is_never_written_to(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = tiny_source(server)
    own = tmp_path / "own" / "tiny"
    own.mkdir(parents=True)
    monkeypatch.setenv("DENOISEBENCH_DATA", str(own.parent))
    (own / "one.png").write_bytes(CONTENT["/one.png"])
    source.fetch(SPEC, ignore)
    assert server.requests == 1
    assert [path.name for path in own.iterdir()] == ["one.png"]
    (own / "one.png").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"one\.png is not the recorded file .*; remove it and run"):
        source.fetch(SPEC, ignore)


def test_verify_names_each_bad_file_and_what_to_do(server, empty_machine: Path):
    source = tiny_source(server)
    source.fetch(SPEC, ignore)
    (empty_machine / "tiny" / "one.png").write_bytes(CONTENT["/one.png"][:-9])
    (empty_machine / "tiny" / "two.png").unlink()
    broken, missing = verify(source.open(SPEC), ignore)
    assert "one.png is not the recorded file (its SHA-256 differs)" in broken
    assert missing == "tiny/two.png is not on this machine; run `bench datasets fetch tiny`"
