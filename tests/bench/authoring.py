"""What an author waits for: checking the whole bank, and the preview of the longest case."""

import statistics
import time
from pathlib import Path

from proficiency.core.config import ROOT
from proficiency.scenarios.drafts import candidate_stages
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.rules import parse_case, parse_case_file

CHECK_SECONDS = 2.0
PREVIEW_MS = 100.0


def line() -> str:
    """Measure both, and say in a line how they stand to what is promised."""
    files = sorted((ROOT / "scenarios").glob("*.md"))
    _check(files)  # the first turn also reads the frameworks
    start = time.perf_counter()
    _check(files)
    check = time.perf_counter() - start
    longest = max(files, key=lambda path: path.stat().st_size)
    preview = _preview_ms(longest)
    return (
        f"authoring: checking {len(files)} cases {check:.2f} s (promised {CHECK_SECONDS:.0f}), "
        f"reading {longest.stem} for its preview {preview:.0f} ms (promised {PREVIEW_MS:.0f})"
    )


def _check(files: list[Path]) -> None:
    for path in files:
        parse_case_file(path.read_bytes(), file=path.name, files=examine_all(read_files(path)))


def _preview_ms(path: Path) -> float:
    """The median milliseconds of reading a case and making its candidate's view; no page."""
    text, files = path.read_text(encoding="utf-8"), examine_all(read_files(path))
    taken = []
    for _turn in range(9):
        start = time.perf_counter()
        sketch = parse_case(text, file="case.md", files=files).sketch
        if sketch is None:
            raise RuntimeError("the longest case cannot be read")
        candidate_stages(sketch)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)
