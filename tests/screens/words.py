"""The pictures in their order, each with one sentence: what a person sees, and why it is so."""

PARTS = {
    "Before the exam": {
        "booking": (
            "Everything about one’s place on one page: when, how long, what to do before the day, "
            "and what is done already."
        ),
        "device-check": (
            "The device is tried in the browser, with advice where something is missing; nothing "
            "is installed, and nothing is sent unless one sends it."
        ),
        "check-in": (
            "Before the clock starts the adjusted time is shown as a sum and has to be called "
            "right; assessors never see it."
        ),
        "door": (
            "Waiting at the door: the invigilator knows, the page notices by itself when one is "
            "let in, and the telephone number is there."
        ),
    },
    "Writing the exam": {
        "exam": (
            "The case stands beside the questions, and the bar on top always says how much time "
            "is left and where the words are: here, on the server."
        ),
        "exam-saving": "While words are on their way the bar says so; the device has them already.",
        "exam-phone": "On a phone the questions follow the case.",
        "exam-dark": "Who keeps a dark screen has a dark exam.",
        "exam-yellow": (
            "Yellow on black and larger, for who reads best so; it holds on every page of the exam."
        ),
        "exam-tools": (
            "Text size, spacing, font, colours, line focus, calculator and notes are for "
            "everybody: nobody has to ask, and nothing of it is sent."
        ),
    },
    "When something happens": {
        "exam-offline": (
            "The network is gone: the page says since when the newest words are on this device "
            "only, and that the exam goes on."
        ),
        "exam-answer-file": (
            "After two minutes without a connection a sealed file with the answers is offered as "
            "a second way; it holds no question."
        ),
        "exam-other-tab": (
            "Only one tab writes, so that two can’t overwrite each other; one press takes over."
        ),
        "exam-other-device": (
            "A second device shows the answers, and writes only when it is told to."
        ),
        "exam-signed-out": (
            "A sign-in that ended costs nothing: writing goes on, and one signs in again in "
            "another tab."
        ),
        "exam-paused": (
            "The invigilator has stopped the clock: the case is covered, and the page notices by "
            "itself when the clock runs again."
        ),
        "exam-break": (
            "A break of one’s own stops the clock; the page says when it runs on, and what is not "
            "used stays."
        ),
        "exam-five-minutes": (
            "Five minutes left, said once, where it covers neither the answer nor the save state."
        ),
        "exam-over": "The time is over: the page sent the last words and says that they arrived.",
        "exam-late": (
            "What was written without a connection arrived after the end: it is kept and marked "
            "late, and people decide whether it counts."
        ),
    },
    "After the exam": {
        "exam-finish": (
            "Before handing in: what has no answer and what was flagged; no button is the default."
        ),
        "receipt": (
            "The receipt: browser and server each computed it from their own copy, and they agree."
        ),
    },
    "The invigilator’s room": {
        "room-quiet": "A quiet room: everybody writes, and nothing asks for attention.",
        "room-forty": "Forty people: who needs somebody comes first, whatever the number of rows.",
        "room-one": (
            "One person’s panel: let in, tell, pause, give time back, write down, each with its "
            "reason."
        ),
        "room-offline": (
            "The invigilator’s own connection is gone: the page says as of when it is true, and "
            "keeps what was pressed until it can be sent."
        ),
        "room-person": (
            "All that happened to one candidate, in order, signals apart from it: they are "
            "evidence and no verdict."
        ),
        "room-report": "The report of the sitting writes itself from the log.",
        "room-roster": "The roster for the day, to print: who is expected, and what is arranged.",
    },
    "Afterwards": {
        "late-decision": (
            "Two people decide about what came late, each without the other’s verdict and without "
            "the words."
        ),
        "history": (
            "How one answer grew: every version that reached the server, with times and chained "
            "by hash."
        ),
    },
}
