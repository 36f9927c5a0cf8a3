"""Drills: what must not lose an answer is done to a real server, again and again.

    make drills                      # everything, as often as promised; writes docs/drills.md
    python -m tests.drills --times 2 --only kill     # some of it, for trying

The server is started as `proficiency serve` starts it, on databases that flush every commit. Each
drill keeps a ledger of every message that was acknowledged, and compares it with the database word
for word afterwards; then `proficiency verify` must find nothing. A drill that loses one message
ends the run with status 1. Each has a short form among the tests (`test_*.py` here).

* `places.py` installations of either kind   * `load.py` candidates who save without a pause
* `kills.py` processes that are killed        * `disk.py` a disk that is full
* `room.py` a third of a room loses its net   * `traced.py`, `trace.py` what was flushed when
* `browser.py` what only a browser can show   * `turns.py` the same journeys again and again
* `record.py` what each came to               * `report.py` the page in `docs/`
"""
