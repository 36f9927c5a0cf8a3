"""Measures how fast answers are kept and how heavy the exam page is, on both databases.

    make bench            # or: python -m tests.bench; about six minutes

For SQLite and then PostgreSQL, both with every flush to the disk on, it builds a sitting by the
product's own operations (64 candidates who have started), starts the server as `proficiency serve`
starts it, and loads it from one other process (`driver.py`) with the requests that the exam's
script sends. Beside it runs `floor.py`: a bare program under the same server that does the same
durable insert and nothing else. What is measured, and why so, is told in `docs/performance.md`.

No figure here is a test: a busy machine changes every one of them. Two things are, and end the run
with status 1: a request that was not answered as it should be, and an acknowledged answer that is
not in the database at the end, or a chain that does not hold.

* `scene.py` the candidates, their attempts, tokens and cookies
* `places.py` a fresh database of each kind, and a copy of it for the floor
* `servers.py` the servers and the processor time of their processes
* `driver.py` the load, in a process of its own; `load.py` speaks with it
* `weight.py` the bytes of a first view
* `measure.py` the order of measurements on one database
* `proof.py` that nothing acknowledged was lost
* `storms.py` 500 people who sign in, start and hand in at once
* `report.py` the table, and the JSON object on the last line
"""
