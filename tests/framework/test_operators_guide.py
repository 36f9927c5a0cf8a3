"""The operator's guide shows a framework's file that can be loaded as it stands."""

import re
from pathlib import Path

from proficiency.framework.file import read_framework

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "operator.md"


def test_the_file_in_the_guide_is_read() -> None:
    shown = re.search(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert shown is not None
    framework = read_framework(shown[1])
    assert (framework.name_version, framework.cited_as) == ("rehab-competencies/1", "rehab")
    assert framework.codes == ("A", "2", "2.1")
