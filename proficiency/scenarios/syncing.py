"""Bringing a bundle of cases in: a plan that says what would happen to each, then its carrying out.

Invariants kept: the plan is made from what the database holds, in the transaction that carries it
out; carrying out the same bundle twice changes nothing the second time; nothing is ever removed,
for a published version stays. What is refused is left out, with every reason.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.text import _
from proficiency.framework.queries import framework_finder
from proficiency.framework.rules import FindFramework
from proficiency.scenarios.bundle import Bundle, Manuscript, path_of
from proficiency.scenarios.content import from_content, to_content
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.keeping import get_kept
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import VersionSummary, get_case_version, list_case_versions
from proficiency.scenarios.rules import Parsed, parse_case_file


class State(StrEnum):
    """What carrying the plan out does with a case."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    MISSING = "missing"
    REFUSED = "refused"


STATE_NAMES = {
    State.NEW: _("new"),
    State.CHANGED: _("changed"),
    State.SAME: _("same"),
    State.MISSING: _("missing"),
    State.REFUSED: _("refused"),
}


@dataclass(frozen=True)
class Step:
    """One line of a plan: what happens to which case, where it stands, and why."""

    state: State
    name: str
    path: str
    words: str
    reasons: tuple[str, ...] = ()
    manuscript: Manuscript | None = None
    is_sample: bool = True

    @property
    def publishes(self) -> bool:
        """Whether carrying the plan out publishes a version here."""
        return self.state in (State.NEW, State.CHANGED)

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


@dataclass(frozen=True)
class Plan:
    """What would happen to each case, in order."""

    steps: tuple[Step, ...]

    def count(self, state: State) -> int:
        """How many steps are in this state."""
        return sum(step.state is state for step in self.steps)

    @property
    def publishes(self) -> int:
        """How many versions carrying it out would publish."""
        return sum(step.publishes for step in self.steps)


def make_plan(session: Session, bundle: Bundle) -> Plan:
    """Say what bringing `bundle` in would do, against what is published now. Changes nothing."""
    planner = _Planner(list_case_versions(session), bundle, framework_finder(session))
    return Plan((*planner.steps(), *planner.missing(), *_strangers(bundle)))


@operation(Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.OPERATOR)
def apply_bundle(session: Session, actor: Actor, now: datetime, *, bundle: Bundle) -> Plan:
    """Publish what is new or changed in `bundle`, and return the plan that was carried out.

    What the plan refuses is left out. Raises `Forbidden` when a case is closed to this person; then
    nothing is published.
    """
    plan = make_plan(session, bundle)
    for step in plan.steps:
        if step.publishes and step.manuscript is not None:
            publish_case(
                session,
                actor,
                now,
                text=step.manuscript.data.decode(),
                file=step.path,
                is_sample=step.is_sample,
                files=step.manuscript.files,
            )
    return plan


class _Planner:
    """Goes through a bundle once; `_held` grows by what earlier steps would publish."""

    def __init__(
        self, versions: Sequence[VersionSummary], bundle: Bundle, frameworks: FindFramework
    ) -> None:
        self._frameworks = frameworks
        self._versions = versions
        self._bundle = bundle
        self._held: dict[str, dict[str, bool]] = {}
        for version in sorted(versions, key=lambda each: each.version):
            self._held.setdefault(version.name, {})[version.content_hash] = version.is_sample
        self._newest: dict[str, str] = {}
        self._seen: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """Yield a step for each manuscript."""
        read = [(each, _read(each, self._frameworks)) for each in self._bundle.manuscripts]
        self._newest = {
            parsed.case.name: _hash(parsed)
            for each, parsed in read
            if parsed.case and each.number is None
        }
        for each, parsed in read:
            yield self._step(each, parsed)

    def missing(self) -> Iterator[Step]:
        """Yield a step for each published case of the bundle's uses that is not in it."""
        uses = self._bundle.uses
        latest = {each.name: each for each in sorted(self._versions, key=lambda one: one.version)}
        for name, version in sorted(latest.items()):
            if name not in self._seen and version.is_sample in uses:
                words = _("published, and not among these: it stays as it is")
                yield Step(State.MISSING, name, "", words, is_sample=version.is_sample)

    def _step(self, each: Manuscript, parsed: Parsed) -> Step:
        if parsed.case is None:
            self._seen.add(each.stem)
            reasons = tuple(problem.show(each.path) for problem in parsed.errors)
            return _refused(each, each.stem, _("has to be put right"), reasons)
        name, content_hash = parsed.case.name, _hash(parsed)
        self._seen.add(name)
        refusal = self._refusal(each, name, content_hash)
        if refusal:
            return _refused(each, name, refusal)
        held = self._held.setdefault(name, {})
        if content_hash in held:
            place = list(held).index(content_hash) + 1
            words = _("is version {n}").format(n=place)
            return Step(State.SAME, name, each.path, words, (), each, each.is_sample)
        state = State.CHANGED if held else State.NEW
        held[content_hash] = each.is_sample
        words = _("becomes version {n}").format(n=len(held))
        return Step(state, name, each.path, words, (), each, each.is_sample)

    def _refusal(self, each: Manuscript, name: str, content_hash: str) -> str | None:
        held = self._held.get(name, {})
        if name != each.stem:
            return _("calls itself “{name}”: give the file that name").format(name=name)
        if held.get(content_hash, each.is_sample) != each.is_sample:
            return _("this very case is published for the other use")
        if each.number is not None and content_hash not in held and self._newest.get(name) in held:
            return _("an earlier version cannot come after the one that is published")
        return None


def _read(each: Manuscript, frameworks: FindFramework) -> Parsed:
    files = examine_all(each.files)
    return parse_case_file(each.data, file=each.path, files=files, frameworks=frameworks)


def _hash(parsed: Parsed) -> str:
    """The hash that publishing would give; "" for what cannot be published."""
    return hashlib.sha256(to_content(parsed.case).encode()).hexdigest() if parsed.case else ""


def _refused(each: Manuscript, name: str, words: str, reasons: tuple[str, ...] = ()) -> Step:
    return Step(State.REFUSED, name, each.path, words, reasons, each, each.is_sample)


def _strangers(bundle: Bundle) -> Iterator[Step]:
    for path in bundle.strangers:
        yield Step(State.REFUSED, "", path, _("belongs to no case"))


# The way out


def bundle_of(session: Session, names: Iterable[str] | None = None) -> dict[str, bytes]:
    """Return every published version of the cases called `names` (all of them without) by path.

    Words are the author's, byte for byte as they are kept; their files stand beside them. Whoever
    hands this to a person records the sight of each case first.
    """
    wanted = None if names is None else set(names)
    versions = [
        each for each in list_case_versions(session) if wanted is None or each.name in wanted
    ]
    newest = {each.name: each.version for each in sorted(versions, key=lambda one: one.version)}
    found: dict[str, bytes] = {}
    for each in versions:
        number = None if each.version == newest[each.name] else each.version
        path = path_of(each.name, number, is_sample=each.is_sample)
        row = get_case_version(session, each.id)
        found[path] = row.source.encode()
        for shown in from_content(row.content).files:
            kept = get_kept(session, shown.sha256)
            found[f"{path.removesuffix('.md')}/{shown.name}"] = kept.data
    return found
