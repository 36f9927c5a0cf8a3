"""A demonstration that a newcomer can try at once, made by running the product.

Nothing here writes a row: every person, case, answer, mark and decision comes from the operation
that would make it in earnest, at a moment in the recent past.
"""

from proficiency.demo.prepare import prepare

__all__ = ["prepare"]
