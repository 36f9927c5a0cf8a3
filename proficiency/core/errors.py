"""What the product says when it cannot do what was asked.

Every error that a person may meet carries a message in plain words: what happened, that nothing is
lost, and what to do next. Faults of the program are ordinary exceptions and are never caught here.
"""

from collections.abc import Sequence


class ProficiencyError(Exception):
    """Base of all errors whose message is written for the person who caused or meets them."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(ProficiencyError):
    """The request is understood, and a rule of the product forbids it."""

    status = 409


class Invalid(ProficiencyError):
    """What was sent is not well formed. `details` lists every problem found, not only the first."""

    status = 422

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)


class NotFound(ProficiencyError):
    """There is no such thing, or this person may not know that there is."""

    status = 404


class Forbidden(ProficiencyError):
    """The person is known and lacks the role that this needs."""

    status = 403


class Conflict(ProficiencyError):
    """Somebody else changed the same thing first; looking again and repeating is safe."""

    status = 409


class Busy(ProficiencyError):
    """The database could not do this now, or not in time. Sending it again is safe."""

    status = 503


class TooMany(ProficiencyError):
    """A rate limit was met. The message says how long to wait."""

    status = 429


class Misconfigured(ProficiencyError):
    """The installation is not safe to start; the message names the setting and its cure."""

    status = 500
