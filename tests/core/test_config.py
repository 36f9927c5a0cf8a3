"""An unsafe installation does not start, and says what to change."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from proficiency.core.config import ROOT, Config, read_config
from proficiency.core.errors import Misconfigured

SECRET = "x" * 40


def test_without_a_secret_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="PROFICIENCY_SECRET_KEY"):
        read_config({"PROFICIENCY_INSTANCE": str(tmp_path)})


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="32 random characters"):
        read_config({"PROFICIENCY_INSTANCE": str(tmp_path), "PROFICIENCY_SECRET_KEY": "secret"})


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="https"):
        read_config(
            {
                "PROFICIENCY_INSTANCE": str(tmp_path),
                "PROFICIENCY_SECRET_KEY": SECRET,
                "PROFICIENCY_ADDRESS": "http://exam.example.org",
            }
        )


def test_each_demo_makes_a_secret_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    one = {"PROFICIENCY_INSTANCE": str(tmp_path / "one"), "PROFICIENCY_DEMO": "1"}
    two = {"PROFICIENCY_INSTANCE": str(tmp_path / "two"), "PROFICIENCY_DEMO": "1"}
    assert read_config(one).secret_key == read_config(one).secret_key
    assert read_config(one).secret_key != read_config(two).secret_key
    assert (tmp_path / "one" / "demo-secret").stat().st_mode & 0o077 == 0


def test_every_setting_is_documented_for_the_operator() -> None:
    source = (ROOT / "proficiency" / "core" / "config.py").read_text(encoding="utf-8")
    settings = set(re.findall(r'"(PROFICIENCY_[A-Z_]+)"', source))
    guide = (ROOT / "docs" / "guides" / "operator.md").read_text(encoding="utf-8")
    assert {name for name in settings if name not in guide} == set()
    assert len(fields(Config)) > len(settings) - 2
