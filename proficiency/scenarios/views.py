"""Cases: the list, writing and publishing one, and reading a version as candidate or assessor.

Whoever opens the words of a case is written into the sight log before the page is sent, because
whoever has seen a case cannot sit an exam with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _
from proficiency.framework.queries import framework_finder
from proficiency.scenarios import transfer_views
from proficiency.scenarios.advice import ease_in_words
from proficiency.scenarios.content import Case, from_content
from proficiency.scenarios.drafts import PASTED, Draft, candidate_stages, read_draft, read_file
from proficiency.scenarios.files import MAX_FILE_BYTES, examine_all
from proficiency.scenarios.forms import LIVE, SAMPLE, CaseForm
from proficiency.scenarios.keeping import get_kept
from proficiency.scenarios.models import CaseVersion
from proficiency.scenarios.operations import SIGHT, publish_case
from proficiency.scenarios.queries import get_case_version, get_versions, list_cases
from proficiency.scenarios.references import find_warnings
from proficiency.scenarios.serving import send_file
from proficiency.scenarios.skeleton import SKELETON

bp = Blueprint("scenarios", __name__)
transfer_views.add_views(bp)

WRITERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER)
READERS = (*WRITERS, Role.MODERATOR, Role.LAY_MEMBER, Role.JUDGE, Role.LEAD_ASSESSOR)


@dataclass(frozen=True)
class VersionPage:
    """What the pages of one version show above its words."""

    id: str
    name: str
    version: int
    title: str
    nation: str
    is_sample: bool
    content_hash: str


@bp.get("/cases")
@requires(*READERS)
def cases() -> str:
    """All published cases, by title."""
    return render_template("scenarios/cases.html", cases=list_cases(web.session()))


@bp.get("/cases/<name>")
@requires(*READERS)
def case(name: str) -> str:
    """One case: its versions, newest first, with their hashes."""
    versions = get_versions(web.session(), name)
    newest = from_content(get_case_version(web.session(), versions[0].id).content)
    return render_template(
        "scenarios/case.html",
        ease=ease_in_words(newest),
        newest=versions[0],
        versions=versions,
        people=names_of(web.session(), {version.published_by for version in versions}),
        warnings=find_warnings(web.session(), [versions[0].id]).get(versions[0].id, []),
    )


@bp.get("/cases/versions/<version_id>/preview")
@requires(*READERS)
def preview(version_id: str) -> str:
    """A version as candidates see it."""
    row, read = _open(version_id, "preview")
    return render_template(
        "scenarios/preview.html", version=_page(row), case=read, stages=candidate_stages(read)
    )


@bp.get("/cases/versions/<version_id>/mark-scheme")
@requires(*READERS)
def mark_scheme(version_id: str) -> str:
    """A version with everything that assessors know."""
    row, read = _open(version_id, "mark_scheme")
    return render_template("scenarios/mark_scheme.html", version=_page(row), case=read)


@bp.get("/cases/versions/<version_id>/files/<int:file_id>")
@requires(*READERS)
def file(version_id: str, file_id: int) -> Response:
    """One picture or document of a version, by its place in the case."""
    _row, read = _open(version_id, "file")
    for exhibit in (exhibit for stage in read.stages for exhibit in stage.exhibits):
        for shown in exhibit.files:
            if shown.place == file_id:
                return send_file(get_kept(web.session(), shown.sha256), exhibit.number)
    raise NotFound(_("There is no such file."))


@bp.get("/cases/versions/<version_id>/source")
@requires(*WRITERS)
def source(version_id: str) -> Response:
    """The Markdown of a version, to be saved as a file."""
    row, _read = _open(version_id, "writing")
    name = f"{row.aggregate_id}-v{row.pos}.md"
    return Response(
        row.source,
        mimetype="text/markdown",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _open(version_id: str, purpose: str) -> tuple[CaseVersion, Case]:
    """Read a version and record that this person sees it."""
    row = get_case_version(web.session(), version_id)
    web.record_sight(SIGHT, row.aggregate_id, purpose)
    return row, from_content(row.content)


def _page(row: CaseVersion) -> VersionPage:
    return VersionPage(
        row.id, row.aggregate_id, row.pos, row.title, row.nation, row.is_sample, row.content_hash
    )


# Writing


@bp.get("/cases/drafts/write")
@requires(*WRITERS)
def write() -> str:
    """The page on which a case is pasted or sent; `?begin=skeleton` gives the shape of one."""
    begins = request.args.get("begin") == "skeleton"
    form = CaseForm(text=SKELETON if begins else None)
    return render_template("scenarios/write.html", form=form, draft=None)


@bp.get("/cases/versions/<version_id>/write")
@requires(*WRITERS)
def write_next(version_id: str) -> str:
    """The same page with the words of a published version, to write the next one."""
    row, _read = _open(version_id, "writing")
    form = CaseForm(text=row.source, use=SAMPLE if row.is_sample else LIVE)
    return render_template("scenarios/write.html", form=form, draft=None)


@bp.post("/cases/drafts/check")
@requires(*WRITERS)
def check() -> ResponseReturnValue:
    """Read a draft and show every problem beside its line, and the case as candidates see it."""
    form = CaseForm()
    if not form.validate_on_submit():
        return _written(form, None, 422)
    draft = _sent(form, _files(form))
    if draft is None:
        return _written(form, None, 422)
    if draft.case is not None:
        web.record_sight(SIGHT, draft.case.name, "writing")
    return _written(form, draft, 422 if draft.errors else 200)


@bp.post("/cases/drafts/publish")
@requires(*WRITERS)
def publish() -> ResponseReturnValue:
    """Freeze a draft as a new version, or show what stops it."""
    form = CaseForm()
    if not form.validate_on_submit():
        return _written(form, None, 422)
    files = _files(form)
    draft = _sent(form, files)
    if draft is None or draft.case is None:
        return _written(form, draft, 422)
    try:
        with web.transaction() as session:
            version = publish_case(
                session,
                web.actor(),
                web.now(),
                text=draft.text,
                file=draft.file,
                is_sample=form.use.data == SAMPLE,
                files=files,
            )
    except (Invalid, Refused) as refused:
        form.use.errors = [refused.message]
        return _written(form, draft, refused.status)
    flash(
        _("Version {version} of “{title}” is published.").format(
            version=version.pos, title=version.title
        ),
        "success",
    )
    return redirect(url_for("scenarios.case", name=version.aggregate_id), 303)


def _files(form: CaseForm) -> dict[str, bytes]:
    """Return the pictures and documents that were sent with a case, no more than may be used."""
    sent = [each for each in form.files.data or () if each and each.filename]
    return {each.filename: each.stream.read(MAX_FILE_BYTES + 1) for each in sent}


def _sent(form: CaseForm, files: Mapping[str, bytes]) -> Draft | None:
    """Read what was sent, the file before the box; None and an error when both are empty."""
    facts, frameworks = examine_all(files), framework_finder(web.session())
    if form.file.data:
        name = form.file.data.filename or PASTED
        draft = read_file(name, form.file.data.read(), facts, frameworks)
    elif (form.text.data or "").strip():
        # Browsers send CR LF from a box, whatever the author's own line ends were.
        text = form.text.data.replace("\r\n", "\n")
        draft = read_draft(PASTED, text, facts, frameworks)
    else:
        form.text.errors = [_("Paste a case here, or choose its file.")]
        return None
    form.text.data = draft.text
    return draft


def _written(form: CaseForm, draft: Draft | None, status: int) -> ResponseReturnValue:
    return render_template("scenarios/write.html", form=form, draft=draft), status
