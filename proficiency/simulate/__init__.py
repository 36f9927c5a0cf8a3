"""Plays whole sittings against a real server, before candidates do: `proficiency simulate`.

Every candidate here does over HTTP what a browser does: signs in, checks in, starts, types in
bursts with pauses, and sends what it typed by the rules of the exam's own script. Some lose their
connection for a while; all close their stages, look through their answers and hand in at nearly
the same time. At the end every answer that was typed is compared with what the server shows and,
where the database can be reached, with what it keeps.

The clock is open-loop: whatever falls due is timed from that moment, whether or not the server
keeps up. Nothing here is needed by a server; it imports rooms, and no room imports it.

* `wire.py` one browser's connections      * `pages.py` what is read out of a page
* `plans.py` who writes what, when (pure)  * `sender.py` the exam page's rules of sending
* `candidate.py` one person's whole way    * `run.py` all of them, in time
* `figures.py` what was measured           * `processes.py` processor time and memory
* `people.py` accounts and a sitting       * `place.py` a throw-away installation
* `proof.py` that nothing was lost         * `report.py`, `cli.py` words for people
"""
