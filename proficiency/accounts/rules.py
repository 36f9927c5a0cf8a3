"""Roles, and what a password must be. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may do. One person may hold several (`01-product.md`, Who uses it)."""

    CANDIDATE = "candidate"
    CONTENT_AUTHOR = "content_author"
    ASSESSOR = "assessor"
    LEAD_ASSESSOR = "lead_assessor"
    MODERATOR = "moderator"
    JUDGE = "judge"
    ASSESSMENT_BOARD = "assessment_board"
    INVIGILATOR = "invigilator"
    EXAM_OFFICER = "exam_officer"
    LAY_MEMBER = "lay_member"
    PANEL_MEMBER = "panel_member"
    OPERATOR = "operator"
