"""The trackers that `--track` names."""

from collections.abc import Sequence

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.plugin.tracker import Tracker
from denoisebench.registry.registries import Registries
from denoisebench.specs import split_list


def asked_trackers(text: str | None, registries: Registries) -> Sequence[tuple[Tracker, str]]:
    """The trackers of a list `NAME[:SETTING],...`, each with its setting, "" for none.

    Raises UserError for an unknown tracker, a tracker named twice, and whatever a tracker refuses.
    """
    if text is None:
        return []
    asked: dict[str, tuple[Tracker, str]] = {}
    for item in split_list(text):
        name, _, setting = item.partition(":")
        tracker = registries.tracker(name)
        if name in asked:
            raise UserError(f"--track {text}: {name} can be given once")
        try:
            with plugin_code(f"tracker {name}"):
                tracker.check(setting)
        except PluginError as error:
            raise UserError(f"--track {item}: {error}") from error
        asked[name] = tracker, setting
    return list(asked.values())
