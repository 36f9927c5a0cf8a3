"""Advice on wording: words that label a person, and terms that only a clinician would know.

The list of terms is short and careful on purpose: it holds what comes up in case management and
would decide how somebody answers. A term counts as explained when the case gives its long form,
or says what it is next to it, anywhere that a candidate can read.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from proficiency.core.text import _
from proficiency.items.section import Problems, Words

LABELLING = "labelling"
CLINICAL = "clinical-knowledge"

_LABELS = {
    r"wheelchair[- ](?:bound|dependent)|(?:confined|bound) to (?:a|his|her) wheelchair": _(
        "uses a wheelchair"
    ),
    r"(?:he|she|who|[A-Z][a-z]+) suffer(?:s|ed) from|afflicted (?:with|by)": _("has"),
    r"the (?:elderly|disabled|mentally ill)(?=\W*$|[.,;:!?)]|"
    r" (?:and|as|or|in|at|are|is|who|with|on|from|to|have|need|can|were)\b)": _(
        "older people, disabled people"
    ),
    r"victim of (?:a |an )?(?:stroke|dementia|brain injury|accident)": _("had a stroke"),
    r"mentally (?:retarded|handicapped)|retarded": _("has a learning disability"),
    r"normal (?:people|person|child|children|life)(?! counter)": _("other people"),
    r"(?:an?|the) (?:alcoholic|drug addict|junkie|schizophrenic|epileptic|diabetic)(?! [a-z])|"
    r"(?:an?|the) (?:alcoholic|drug addict|junkie|schizophrenic|epileptic|diabetic)"
    r"(?= (?:and|who|with|that|in|at|from|on|but)\b)": _("a person with …"),
    r"attention[- ]seeking|non[- ]compliant|manipulative|frequent flyer|bed[- ]blocker": _(
        "what was said or done"
    ),
}
_LABEL = [
    (re.compile(rf"\b(?:{pattern})" + r"(?!\w)", re.I), better)
    for pattern, better in _LABELS.items()
]
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]")


def warn_about_labels(lines: Iterable[Words], problems: Problems) -> None:
    """Warn of words that make a person their condition, unless they stand in quotation marks."""
    for line in lines:
        text = _QUOTED.sub("“”", line.text)
        for pattern, better in _LABEL:
            found = pattern.search(text)
            if found:
                problems.warn(
                    line.line,
                    _(
                        "“{words}” labels a person; write “{better}”, unless the case means to "
                        "show somebody using these words"
                    ).format(words=found[0], better=better),
                    LABELLING,
                )


# Terms that need an explanation: the term, and the long form that explains it ("" where none does)

_MEDICINE_NAMES = """
alendronate amitriptyline apixaban aripiprazole baclofen botulinum buprenorphine carbamazepine
citalopram clobazam clopidogrel clozapine dantrolene diazepam digoxin donepezil duloxetine
edoxaban enoxaparin fentanyl fluoxetine gabapentin haloperidol heparin lamotrigine levetiracetam
levodopa lithium lorazepam melatonin memantine methadone methotrexate methylphenidate midazolam
mirtazapine modafinil morphine naloxone olanzapine oxybutynin oxycodone phenytoin pregabalin
propranolol quetiapine risperidone rivaroxaban sertraline tamsulosin tizanidine topiramate
tramadol valproate venlafaxine warfarin zopiclone
"""
_MEDICINES = frozenset(_MEDICINE_NAMES.split())

_SCORES_AND_SHORT_FORMS = {
    "GCS": "Glasgow Coma Scale",
    "MoCA": "Montreal Cognitive Assessment",
    "MMSE": "Mini-Mental",
    "PHQ-9": "Patient Health Questionnaire",
    "GAD-7": "Generalised Anxiety Disorder",
    "HADS": "Hospital Anxiety and Depression",
    "Waterlow": "risk of pressure",
    "Barthel": "independence in",
    "Rancho": "recovery after brain injury",
    "FIM+FAM": "Functional Assessment Measure",
    "ASIA": "spinal injury association",
    "EDSS": "Disability Status Scale",
    "INR": "normalised ratio",
    "CVA": "stroke",
    "TIA": "mini-stroke",
    "SAH": "subarachnoid",
    "DAI": "diffuse axonal",
    "PTA": "post-traumatic amnesia",
    "PEG": "gastrostomy",
    "TPN": "parenteral",
    "DVT": "deep vein",
    "SCI": "spinal cord injur",
    "TBI": "brain injur",
    "HIE": "hypoxic",
    "CRPS": "regional pain",
    "EMDR": "eye movement",
    "CPAP": "positive airway",
    "COPD": "pulmonary",
    "MRSA": "resistant",
    "AFO": "ankle",
    "DOLS": "Deprivation of Liberty",
    "PEEP": "evacuation",
}

_TERMS = {
    "apraxia": "",
    "anosognosia": "",
    "hemianopia": "",
    "hemiplegia": "",
    "dysarthria": "",
    "dysphagia": "",
    "dysphasia": "",
    "nystagmus": "",
    "spasticity": "",
    "tetraplegia": "",
    "autonomic dysreflexia": "",
}

_SAYS_WHAT = (
    r"(?:[\w’']+ ){0,3}?(?:,| –| —|:| \(|;) ?(?:\(|an?\b|the\b|which\b|that is\b|one of\b|for\b|"
    r"used\b|given\b|taken\b|how\b)|s? (?:means|stands for|is (?:an?|the|for|used|how|when)\b)| \("
)
_KIND = (
    r"(?:medicines?|painkillers?|sedatives?|antibiotics?|antidepressants?|thinners?|tablets?|"
    r"drugs?|injections?|tests?|scales?|scores?|called|named|means|strong)"
)


def warn_about_terms(lines: Iterable[Words], problems: Problems) -> None:
    """Warn once of each clinical term that nothing in `lines` explains, where it first stands."""
    found = list(lines)
    whole = "\n".join(line.text for line in found)
    for term, line in _first_mentions(found):
        if not _is_explained(term, whole):
            problems.warn(
                line,
                _(
                    "“{term}” is nowhere explained, and only a clinician may know it: say in the "
                    "case what it is, or what it means here"
                ).format(term=term),
                CLINICAL,
            )


def _first_mentions(lines: Iterable[Words]) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for line in lines:
        for found in _any_term().finditer(line.text):
            term = found[0] if found[0] in _SCORES_AND_SHORT_FORMS else found[0].casefold()
            if term not in seen and (term in _SCORES_AND_SHORT_FORMS or _is_plain(term)):
                seen.add(term)
                yield term, line.line


def _is_plain(term: str) -> bool:
    return term in _MEDICINES or term in _TERMS


@cache
def _any_term() -> re.Pattern[str]:
    words = sorted((*_MEDICINES, *_TERMS), key=len, reverse=True)
    exact = sorted(_SCORES_AND_SHORT_FORMS, key=len, reverse=True)
    plain, short = "|".join(map(re.escape, words)), "|".join(map(re.escape, exact))
    return re.compile(rf"(?<![\w-])(?:(?i:{plain})|{short})(?![\w-])")


def _is_explained(term: str, whole: str) -> bool:
    word = re.escape(term)
    long_form = _SCORES_AND_SHORT_FORMS.get(term, "")
    if long_form and long_form.casefold() in whole.casefold():
        return True
    after = rf"(?i:{word})(?:{_SAYS_WHAT})"
    before = rf"\b{_KIND}\b[^.\n]{{0,40}}?\b(?i:{word})\b|\((?:an? |the |h(?:is|er) )?{word}\b"
    return re.search(rf"{after}|{before}", whole) is not None
