"""Every setting of Veza: the table, the checks of the values, and the sentences about wrong ones."""

from veza.settings.durations import parse_duration, show_duration
from veza.settings.environment import environment_for_children, ignored, strangers
from veza.settings.sentences import SettingsError, bounds_of
from veza.settings.table import SANDBOX_KEY, SANDBOX_PATH, Settings

__all__ = [
    "SANDBOX_KEY",
    "SANDBOX_PATH",
    "Settings",
    "SettingsError",
    "bounds_of",
    "environment_for_children",
    "ignored",
    "parse_duration",
    "show_duration",
    "strangers",
]
