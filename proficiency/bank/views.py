"""What the bank of cases covers. None of these pages shows a word of a case.

Pages about one case have a module of their own, `exposure_views`; sources have `reference_views`.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from proficiency.bank import exposure_views, reference_views
from proficiency.bank.exposure_views import READERS
from proficiency.bank.queries import (
    BankCase,
    items_of,
    list_bank,
    list_cited_frameworks,
    read_framework,
)
from proficiency.bank.rules import (
    COLUMNS,
    DEPTH_NAMES,
    LEVEL_NAMES,
    USE_NAMES,
    BankItem,
    Choice,
    Citing,
    Coverage,
    Depth,
    Level,
    Use,
    codes_below,
    cover,
    find_citing,
    gather,
    sheet_rows,
)
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import NotFound
from proficiency.core.sheet import sheet_bytes
from proficiency.core.text import _
from proficiency.framework.rules import (
    STANDARDS_OF_PROFICIENCY,
    Framework,
    Standard,
    SubStandard,
)
from proficiency.scenarios.content import Nation

bp = Blueprint("bank", __name__)
exposure_views.add_views(bp)
reference_views.add_views(bp)

TONES = {Depth.GAP: "bad", Depth.THIN: "warn", Depth.COVERED: "good"}


@dataclass(frozen=True)
class Asked:
    """What part of the bank is asked about, in which framework, and what there is to choose."""

    choice: Choice
    framework: Framework
    frameworks: list[str]
    bank: list[BankCase]
    items: list[BankItem]

    @property
    def values(self) -> dict[str, str]:
        """What an address must carry to ask the same again."""
        given = {
            "framework": self.framework.name_version,
            "use": self.choice.use.value,
            "nation": self.choice.nation,
            "case": self.choice.case,
        }
        return {name: value for name, value in given.items() if value}


def _read_asked() -> Asked:
    bank = list_bank(web.session())
    frameworks = list_cited_frameworks(bank) or [STANDARDS_OF_PROFICIENCY]
    name = request.args.get("framework", frameworks[0])
    if name not in frameworks:
        raise NotFound(_("No case follows or cites a framework of this name."))
    use, nation = request.args.get("use", Use.ALL), request.args.get("nation", "")
    case = request.args.get("case", "")
    choice = Choice(
        use=Use(use) if use in set(Use) else Use.ALL,
        nation=nation if nation in set(Nation) else "",
        case=case if case in {each.version.name for each in bank} else "",
    )
    items = [item for item in items_of(bank) if choice.takes(item)]
    return Asked(choice, read_framework(web.session(), name), frameworks, bank, items)


@bp.get("/cases/coverage")
@requires(*READERS)
def coverage() -> str:
    """The map of the bank: theme, standard and sub-standard, with what speaks to each."""
    asked = _read_asked()
    found = cover(asked.framework, asked.items)
    return render_template(
        "bank/coverage.html",
        asked=asked,
        coverage=found,
        charts=_charts(found),
        gaps=found.count(Level.SUB_STANDARD, Depth.GAP),
        thin=found.count(Level.SUB_STANDARD, Depth.THIN),
        subs=sum(line.level is Level.SUB_STANDARD for line in found.lines),
        uses=USE_NAMES,
        nations=[nation.value for nation in Nation],
        depth_names=DEPTH_NAMES,
        tones=TONES,
    )


def _charts(found: Coverage) -> list[list[dict[str, object]]]:
    """For each theme a bar per standard, as long as its marks; the longest of all fills the row."""
    most = max(
        (standard.line.marks for theme in found.themes for standard in theme.standards), default=0
    )
    return [
        [
            {
                "label": f"{standard.line.code} {standard.line.title}",
                "value": standard.line.marks,
                "max": most,
                "text": _chart_text(standard.line.items, len(standard.line.cases)),
                "tone": "" if standard.line.depth is Depth.COVERED else TONES[standard.line.depth],
            }
            for standard in theme.standards
        ]
        for theme in found.themes
    ]


def _chart_text(items: int, cases: int) -> str:
    questions = _("1 question") if items == 1 else _("{n} questions").format(n=items)
    return questions + ", " + (_("1 case") if cases == 1 else _("{n} cases").format(n=cases))


@bp.get("/cases/coverage.csv")
@requires(*READERS)
def coverage_sheet() -> Response:
    """The same map as a table for a spreadsheet."""
    asked = _read_asked()
    rows = sheet_rows(asked.framework.name_version, cover(asked.framework, asked.items))
    return Response(
        sheet_bytes(COLUMNS, rows),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="coverage.csv"'},
    )


@bp.get("/cases/coverage/<code>")
@requires(*READERS)
def coverage_code(code: str) -> str:
    """The questions that speak to one theme, standard or sub-standard."""
    asked = _read_asked()
    place = asked.framework.place_of(code)
    codes = [code, *codes_below(asked.framework, code)]
    found = gather(find_citing(asked.items, asked.framework.name_version), codes)
    return render_template(
        "bank/coverage_code.html",
        asked=asked,
        code=code,
        level=LEVEL_NAMES[_level_of(place.entry)],
        title=place.entry.summary if isinstance(place.entry, SubStandard) else place.entry.title,
        parents=_parents(asked.framework, code),
        found=found,
        marks=sum((each.share for each in found), start=0),
        versions={case.version.name: case.version for case in asked.bank},
        own_codes={_key(each): _codes_within(each, codes, asked.framework) for each in found},
        key=_key,
    )


def _level_of(entry: object) -> Level:
    if isinstance(entry, SubStandard):
        return Level.SUB_STANDARD
    return Level.STANDARD if isinstance(entry, Standard) else Level.THEME


def _parents(framework: Framework, code: str) -> list[str]:
    place = framework.place_of(code)
    above = [place.theme.code] + ([place.standard.code] if place.standard else [])
    return [each for each in above if each != code]


def _key(citing: Citing) -> tuple[str, str]:
    return citing.item.case_name, citing.item.name


def _codes_within(citing: Citing, codes: list[str], framework: Framework) -> list[str]:
    """Which of `codes` a question cites, in the order of the framework."""
    cited = {
        code
        for part in citing.item.parts.get(framework.name_version, ())
        for code in part.standards
    }
    return [code for code in codes if code in cited]
