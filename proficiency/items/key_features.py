"""Key features, menu: the steps in which a case is decided well or badly, chosen from a list.

Scored as several answers: equal credit for each key feature, and more than k scores 0. The write-in
variant, in which candidates find the steps themselves, is a format of its own.

Source of the approach: Page, Bordage and Allen (1995) on key-feature problems, which test only the
decisions on which a case turns.
"""

from proficiency.items.several_answers import CHOOSE, SeveralAnswersFormat

_EXAMPLE = """\
key features, choose 2 of 4 · 2 marks · standards 1.1

Which two steps decide how this turns out?

- [x] The step that makes somebody safe
  - What hangs on it.
- [x] The step that asks the right person
  - What hangs on it.
- [ ] A step that looks busy and changes little
  - Why it changes nothing.
- [ ] A step that belongs to somebody else
  - Whose it is.
"""


class KeyFeaturesFormat(SeveralAnswersFormat):
    """Stores `{"choices": [id, …]}` as several answers does."""

    name = "key_features"
    title = "Key features"
    notation = "key features, choose 2 of 6"
    example = _EXAMPLE

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "key features" and any(CHOOSE.fullmatch(each) for each in settings)


FORMAT = KeyFeaturesFormat()
