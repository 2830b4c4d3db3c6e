"""What an admin is told: faults with their places, and how the hub is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of feeds.yaml or of a post, with its place (1-based; 0 when it has none)."""

    file: str
    line: int
    column: int
    path: str  # where in the document: `sources.news.url`
    message: str  # what is wrong; what is allowed; did you mean

    def __str__(self) -> str:
        """`feeds.yaml:12:5: sources.news.url: what is wrong; …`"""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class HealthStatus(StrEnum):
    """Failing is what a restart, or somebody, must end; degraded is what is only to be known."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What /healthz tells."""

    status: HealthStatus
    problems: tuple[str, ...]  # in words, without secrets
    heartbeat_age_s: float

    @property
    def http_status(self) -> int:
        """503 asks whoever watches for a restart."""
        return 503 if self.status is HealthStatus.FAILING else 200
