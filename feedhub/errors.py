"""What the admin did, or the machine refuses: the errors that a command reports in words.

    FeedhubError            exit 1: asked for does not exist, or cannot be done now
    ├── NotFound            a source, feed or item that is not known
    ├── Busy                a port or a data folder that somebody else holds
    ├── DiskFault           a file that cannot be read or written: disk full, permissions
    ├── ConfigError         exit 2: feeds.yaml cannot be used; carries every Problem
    ├── UsageError          exit 2: arguments that make no sense
    └── DatabaseError       exit 3: the database cannot be used

What the outside does is never here: a fetch or a document that fails is a value
(`FetchFailed`, `ParseFailed`). What we did keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from feedhub.model import Problem


class FeedhubError(Exception):
    """An error whose message is meant for the admin."""

    exit_code: ClassVar[int] = 1


class NotFound(FeedhubError):
    """Something that was asked for does not exist."""


class Busy(FeedhubError):
    """Something is held by another process: a port, a data folder."""


class DiskFault(FeedhubError):
    """A file or folder cannot be read or written."""


class UsageError(FeedhubError):
    """Arguments that make no sense together."""

    exit_code = 2


class ConfigError(FeedhubError):
    """feeds.yaml cannot be used as it stands."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class DatabaseError(FeedhubError):
    """The database cannot be used: damaged, emptied, of a later release, or out of reach."""

    exit_code = 3
