"""Takes the pictures of `docs/screens.md`: what candidates and invigilators see in each state.

    make screenshots      # or: python -m tests.screens; about three minutes

Each state is real: a server, a browser, people who do what people do, a network that goes. Nothing
is painted. `--only NAME` takes one picture again, and leaves the others as they are.

* `album.py` keeps pictures in order, each with a sentence, and writes the page
* `scene.py` the installation: the demonstration, and sittings of its own for what must be young
* `writing.py` the candidate's pages while the exam goes on, and what can happen to it
* `around.py` the candidate's pages before the exam and after it
* `watching.py` the invigilator's room, and what the exam office decides and reads afterwards
"""
