"""Headless Chromium, driven by the DevTools protocol through a pipe: JSON messages, each ended by
a zero byte, on the descriptors 3 (to the browser) and 4 (from it)."""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60.0


def find() -> str | None:
    """Where Chromium is on this machine, if it is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A browser's only page.  events: what it told on its own, method and parameters."""

    def __init__(self, commands: int, messages: int) -> None:
        self._commands, self._messages = commands, messages
        self._buffer, self._last = b"", 0
        self._session: str | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its result."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._last:
            if "method" in answer:
                self.events.append((answer["method"], answer["params"]))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self) -> dict[str, Any]:
        """The next message of the browser.  Raises TimeoutError when none comes."""
        while b"\0" not in self._buffer:
            if not select.select([self._messages], [], [], PATIENCE_S)[0]:
                raise TimeoutError("the browser says nothing")
            self._buffer += os.read(self._messages, 1 << 20)
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def evaluate(self, script: str) -> Any:
        """The value of an expression on the page, a promise's too."""
        done = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"])
        return done["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.evaluate(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.02)

    def open(self, path: Path) -> None:
        """Show a file, and wait until it is loaded."""
        self.send("Page.navigate", url=path.as_uri())
        self.wait_for(f"location.href == '{path.as_uri()}' && document.readyState == 'complete'")

    def resize(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """Show the page so large, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1}
        self.send("Emulation.setDeviceMetricsOverride", mobile=phone, **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, *, whole: bool = False) -> bytes:
        """What is seen, or the whole page, as PNG."""
        taken = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(taken["data"])

    def key(self, name: str, code: int) -> None:
        """Press and release a key; code: its number on Windows, as DOM events have it."""
        for kind in ("keyDown", "keyUp"):
            press = {"key": name, "code": name, "windowsVirtualKeyCode": code}
            self.send("Input.dispatchKeyEvent", type=kind, **press)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one place of the window, move it to another, let go."""
        places = (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end))
        for kind, (x, y) in places:
            held = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1}
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **held)


@contextlib.contextmanager
def open_page(chromium: str, profile: Path) -> Iterator[Page]:
    """A browser with an empty page; it ends with the block.  profile: a folder for its files."""
    commands_in, commands = os.pipe()
    messages, messages_out = os.pipe()
    flags = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *(
            "--no-zygote",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
        ),
        *("--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb"),
        *("--remote-debugging-pipe", f"--user-data-dir={profile}"),
    ]
    # The shell puts the pipes where Chromium wants them, whatever their numbers are here.
    script = f'exec "$@" 3<&{commands_in} 4>&{messages_out}'
    browser = subprocess.Popen(
        ["bash", "-c", script, "bash", chromium, *flags],
        pass_fds=(commands_in, messages_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    os.close(commands_in)
    os.close(messages_out)
    try:
        page = Page(commands, messages)
        yield page
        page.send("Page.navigate", url="about:blank")
    finally:
        browser.terminate()
        browser.wait(PATIENCE_S)
        os.close(commands)
        os.close(messages)
