"""`${VARIABLES}` in the values of feeds.yaml: filled in from the environment, and never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feedhub.config.misfits import Misfit
from feedhub.faults import Fault, Trail

_VARIABLE = re.compile(r"\$\{([^{}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Filling:
    """One document being filled in. What cannot be is left as it is written, and noted in `misfits`."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.written: dict[Trail, str] = {}  # the values that had variables, as they were
        self.misfits: dict[Trail, Misfit] = {}

    def fill(self, data: Any, trail: Trail = ()) -> Any:
        """`data` with its variables replaced, in values alone: keys stay."""
        if isinstance(data, dict):
            return {key: self.fill(value, (*trail, key)) for key, value in data.items()}
        if isinstance(data, list):
            return [self.fill(value, (*trail, number)) for number, value in enumerate(data)]
        if isinstance(data, str) and "${" in data:
            return self._filled(data, trail)
        return data

    def _filled(self, text: str, trail: Trail) -> str:
        self.written[trail] = text
        for match in _VARIABLE.finditer(text):
            if not (_NAME.fullmatch(match[1]) and match[0].endswith("}")):
                fault = Fault("has a “${” that begins no variable", "${NAME}, of letters, digits and _")
            elif match[1] not in self.env:
                fault = Fault(f"the variable {match[1]} is not set", "one that is set where feedhub runs")
            else:
                continue
            self.misfits[trail] = Misfit(trail, fault)
            return text
        return _VARIABLE.sub(lambda match: self.env[match[1]], text)

    def discreet(self, misfit: Misfit) -> Misfit:
        """The same misfit; where a variable went into its value, in words that tell nothing of it."""
        if misfit.of_key or misfit.trail not in self.written:
            return misfit
        names = " and ".join(dict.fromkeys(match[0] for match in _VARIABLE.finditer(self.written[misfit.trail])))
        return Misfit(misfit.trail, Fault(f"with {names} filled in, this is not right here", misfit.fault.allowed))
