"""What is settled before the day: reasons, nations, connections, arrangements, documents. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from proficiency.core.text import _, canonical_json
from proficiency.sittings.rules import MEASURE_NAMES, Measure, sum_of_extra


class Reason(StrEnum):
    """Why somebody sits the exam."""

    NEW_APPLICANT = "new_applicant"
    EXISTING_REGISTRANT = "existing_registrant"
    AFTER_LAPSE = "after_lapse"
    AFTER_FINDING = "after_finding"


REASON_NAMES = {
    Reason.NEW_APPLICANT: _("I apply for registration for the first time"),
    Reason.EXISTING_REGISTRANT: _("I am registered and must pass by a date"),
    Reason.AFTER_LAPSE: _("I was registered before, and my registration has lapsed"),
    Reason.AFTER_FINDING: _("A panel asked me to, after a finding on my fitness to practise"),
}


class Nation(StrEnum):
    """Where somebody practises, for the law that they know best and for comparing outcomes."""

    ENGLAND = "england"
    SCOTLAND = "scotland"
    WALES = "wales"
    NORTHERN_IRELAND = "northern_ireland"
    OTHER = "other"


NATION_NAMES = {
    Nation.ENGLAND: _("England"),
    Nation.SCOTLAND: _("Scotland"),
    Nation.WALES: _("Wales"),
    Nation.NORTHERN_IRELAND: _("Northern Ireland"),
    Nation.OTHER: _("Somewhere else"),
}


class Link(StrEnum):
    """What a person or body is, or was, to a candidate."""

    EMPLOYER = "employer"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"


LINK_NAMES = {
    Link.EMPLOYER: _("Employer"),
    Link.SUPERVISOR: _("Supervisor"),
    Link.TRAINER: _("Trainer"),
}


LINK_PLURALS = {
    Link.EMPLOYER: _("Employers"),
    Link.SUPERVISOR: _("Supervisors"),
    Link.TRAINER: _("Trainers"),
}


class Decision(StrEnum):
    """What an officer decided about a request for an access arrangement."""

    GRANTED = "granted"
    GRANTED_DIFFERENTLY = "granted_differently"
    REFUSED = "refused"


DECISION_NAMES = {
    Decision.GRANTED: _("Granted as asked"),
    Decision.GRANTED_DIFFERENTLY: _("Granted, but differently"),
    Decision.REFUSED: _("Refused"),
}


class Document(StrEnum):
    """What a candidate is given to read before they sit."""

    HANDBOOK = "handbook"
    RULES = "rules"
    PRIVACY = "privacy"


DOCUMENT_NAMES = {
    Document.HANDBOOK: _("Handbook for candidates"),
    Document.RULES: _("Rules of the exam"),
    Document.PRIVACY: _("Privacy notice for candidates"),
}


class Probe(StrEnum):
    """One thing that the system check tries on a candidate's device."""

    BROWSER = "browser"
    STORAGE = "storage"
    OFFLINE = "offline"
    NETWORK = "network"
    SCREEN = "screen"
    CLOCK = "clock"
    CAMERA = "camera"


PROBE_NAMES = {
    Probe.BROWSER: _("Browser"),
    Probe.STORAGE: _("Keeping answers on this device"),
    Probe.OFFLINE: _("Going on without a connection"),
    Probe.NETWORK: _("Connection"),
    Probe.SCREEN: _("Screen"),
    Probe.CLOCK: _("Clock"),
    Probe.CAMERA: _("Camera"),
}


class Verdict(StrEnum):
    """What a probe found."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SKIPPED = "skipped"


VERDICT_NAMES = {
    Verdict.GOOD: _("Ready"),
    Verdict.WARN: _("Will do"),
    Verdict.BAD: _("Needs attention"),
    Verdict.SKIPPED: _("Not tried"),
}

for _names, _kind in (
    (REASON_NAMES, Reason), (NATION_NAMES, Nation), (LINK_NAMES, Link),
    (LINK_PLURALS, Link), (DECISION_NAMES, Decision),
    (DOCUMENT_NAMES, Document), (PROBE_NAMES, Probe), (VERDICT_NAMES, Verdict),
):  # fmt: skip
    if set(_names) != set(_kind):
        raise AssertionError(f"every {_kind.__name__} needs a name")


# Whom somebody is connected with


@dataclass(frozen=True)
class Connection:
    """A person or body that somebody is or was connected with."""

    link: Link
    name: str


MOST_CONNECTIONS = 60
LONGEST_NAME = 200


def read_names(link: Link, text: str) -> Iterator[Connection]:
    """Yield a connection for each line of `text` that holds a name."""
    names = dict.fromkeys(" ".join(line.split()) for line in text.split("\n"))
    return (Connection(link, name) for name in names if name)


def connections_problem(connections: Iterable[Connection]) -> str | None:
    """Return what is wrong with a list of connections, in words, or None."""
    listed = list(connections)
    if len(listed) > MOST_CONNECTIONS:
        return _("Name up to {most} people and organisations.").format(most=MOST_CONNECTIONS)
    if any(len(each.name) > LONGEST_NAME for each in listed):
        return _("Write one name on each line, in up to 200 characters.")
    return None


def connections_to_text(connections: Iterable[Connection]) -> str:
    """Return connections as the canonical JSON that is kept."""
    return canonical_json([{"link": each.link, "name": each.name} for each in connections])


def connections_from_text(text: str | None) -> tuple[Connection, ...]:
    """Read connections back; none when the words were erased."""
    found = json.loads(text) if text else []
    if isinstance(found, dict):
        found = found["connections"]
    return tuple(Connection(Link(each["link"]), each["name"]) for each in found)


LONGEST_PHONE = 40


def phone_problem(phone: str) -> str | None:
    """Return what is wrong with a telephone number, in words, or None; none at all is right."""
    digits = sum(sign.isdigit() for sign in phone)
    plain = all(sign.isdigit() or sign in "+()-./ x" for sign in phone)
    if phone and not (plain and digits >= 6 and len(phone) <= LONGEST_PHONE):
        return _("Write a telephone number such as 020 7946 0000, or leave the box empty.")
    return None


def told_to_text(connections: Iterable[Connection], phone: str) -> str:
    """Return connections and a telephone number as the canonical JSON that is kept."""
    if not phone:
        return connections_to_text(connections)
    named = [{"link": each.link, "name": each.name} for each in connections]
    return canonical_json({"connections": named, "phone": phone})


def phone_from_text(text: str | None) -> str:
    """Read the telephone number back; empty when none was told or the words were erased."""
    found = json.loads(text) if text else []
    return str(found["phone"]) if isinstance(found, dict) else ""


_NO_NAME = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "the", "and", "of",
     "ltd", "limited", "llp", "plc", "cic", "inc", "co")
)  # fmt: skip


def name_words(name: str) -> frozenset[str]:
    """Return the words that tell a name apart: without accents, titles and forms of companies."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return frozenset(re.findall(r"[^\W_]+", plain.replace("’", "").replace("'", ""))) - _NO_NAME


def may_be_same(one: str, other: str) -> bool:
    """Whether two names may mean the same person or body; in doubt yes, for people look at it.

    The same words, or all words of the shorter name when it has at least two.
    """
    return may_mean_same(name_words(one), name_words(other))


def may_mean_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether the words of two names may mean the same person or body."""
    first, second = sorted((one, other), key=len)
    if not first:
        return False
    return first == second or (len(first) > 1 and first <= second)


# What is asked for, and what is granted


@dataclass(frozen=True)
class Adjustment:
    """Time and other measures, asked for or granted."""

    extra_percent: int = 0
    extra_minutes: int = 0
    rest_minutes: int = 0
    measures: tuple[Measure, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return self == Adjustment()

    @property
    def lines(self) -> tuple[str, ...]:
        """Each part in words."""
        time = sum_of_extra(self.extra_percent, self.extra_minutes)
        found = [_("Extra time: {time}").format(time=time)] * bool(time)
        if self.rest_minutes:
            words = _("Breaks that stop the clock, together: {minutes} min")
            found.append(words.format(minutes=self.rest_minutes))
        return (*found, *(MEASURE_NAMES[measure] for measure in self.measures))


@dataclass(frozen=True)
class Asked:
    """What a candidate asks for, and why."""

    adjustment: Adjustment
    words: str

    def to_text(self) -> str:
        """Return the canonical JSON that is kept."""
        wanted = self.adjustment
        return canonical_json(
            {
                "extra_percent": wanted.extra_percent,
                "extra_minutes": wanted.extra_minutes,
                "rest_minutes": wanted.rest_minutes,
                "measures": list(wanted.measures),
                "words": self.words,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Asked":
        """Read it back."""
        kept = json.loads(text)
        return cls(
            Adjustment(
                kept["extra_percent"],
                kept["extra_minutes"],
                kept["rest_minutes"],
                tuple(Measure(name) for name in kept["measures"]),
            ),
            kept["words"],
        )


# What a device can do


@dataclass(frozen=True)
class Finding:
    """What one probe of the system check found, with the few words of it that help an officer."""

    probe: Probe
    verdict: Verdict
    detail: str


LONGEST_DETAIL = 160


def read_findings(data: object) -> tuple[Finding, ...]:
    """Return what a page sent, each probe once. Raises `ValueError` for anything else."""
    if not isinstance(data, list) or not 0 < len(data) <= len(Probe):
        raise ValueError("findings are a list with one entry for each probe")
    found: dict[Probe, Finding] = {}
    for entry in data:
        if not isinstance(entry, dict) or not isinstance(entry.get("detail"), str):
            raise ValueError("a finding has a probe, a verdict and a detail")
        probe = Probe(str(entry.get("probe")))
        detail = entry["detail"][:LONGEST_DETAIL]
        found[probe] = Finding(probe, Verdict(str(entry.get("verdict"))), detail)
    return tuple(found[probe] for probe in Probe if probe in found)


def findings_to_text(findings: Iterable[Finding]) -> str:
    """Return findings as the canonical JSON that is kept."""
    return canonical_json(
        [{"probe": each.probe, "verdict": each.verdict, "detail": each.detail} for each in findings]
    )


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict among findings; `GOOD` for none."""
    order = (Verdict.BAD, Verdict.WARN, Verdict.GOOD, Verdict.SKIPPED)
    found = {each.verdict for each in findings}
    return next((verdict for verdict in order if verdict in found), Verdict.GOOD)
