"""What does not fit in feeds.yaml: pydantic's errors in our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feedhub.config import keys
from feedhub.faults import Fault, Trail

TEXT = "text, in quotes where it looks like something else"
_YES_NO = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_KEYS = "keys with values, one on a line and indented, or as in {key: value}"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A fault of a value, or of its key (one that is unknown, or missing)."""

    trail: Trail
    fault: Fault
    of_key: bool = False


def misfit(error: Any, document: Any) -> Misfit:
    """One error that pydantic found in the model `document`."""
    trail: Trail = error["loc"]
    if error["type"] == "extra_forbidden":
        known = keys.known(document, trail[:-1])
        fault = Fault("is no key here", f"keys are {', '.join(known)}", given=str(trail[-1]), choices=known)
        return Misfit(trail, fault, of_key=True)
    fault = _WORDS[error["type"]](error)
    if trail[-1] == "[key]":  # so pydantic calls the key of a mapping
        return Misfit(trail[:-1], fault, of_key=True)
    return Misfit(trail, fault, of_key=error["type"] == "missing")


# what pydantic finds, in our words: every type of error that the models above can yield
_WORDS: dict[str, Callable[[Any], Fault]] = {
    "value_error": lambda error: error["ctx"]["error"],
    "missing": lambda _: Fault("is missing", "it is required"),
    "greater_than_equal": lambda error: Fault("is too small", f"{error['ctx']['ge']} at least"),
    "less_than_equal": lambda error: Fault("is too large", f"{error['ctx']['le']} at most"),
    "int_type": lambda error: _wrong_kind(error, "a whole number, without quotes"),
    "string_type": lambda error: _wrong_kind(error, TEXT),
    "list_type": lambda error: _wrong_kind(error, "a list, as in [one, two], or a line “- one” for each"),
    "model_type": lambda error: _wrong_kind(error, _KEYS),
    "dict_type": lambda error: _wrong_kind(error, _KEYS),
    "bool_type": lambda error: _wrong_kind(error, "true or false", _YES_NO.get(str(error["input"]).lower(), "")),
}


def _wrong_kind(error: Any, allowed: str, meant: str = "") -> Fault:
    return Fault(f"is {kind(error['input'])}", allowed, meant=meant)


def kind(value: Any) -> str:
    """What a value is, in the words of YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping of keys"
