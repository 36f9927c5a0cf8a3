"""What is settled before the day: reasons, nations, connections, arrangements, documents. Pure."""

from enum import StrEnum

from proficiency.core.text import _


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
