"""Cases for tests: small, invented, and easy to change in one place."""

from proficiency.scenarios.content import Case
from proficiency.scenarios.rules import Parsed, parse_case

FRONT = """\
---
case: the-spare-key
nation: Wales
law-checked: 2026-11-21
framework: ircm-standards-of-proficiency/1
setting: support at home after a spinal injury
minutes: 20
authors: [Case-writing group 9, Elin Prys]
references:
  - Social Services and Well-being (Wales) Act 2014, section 35; UK GDPR, article 6
  - A second source: with a colon
---
"""

STORY = """\

# The spare key

You are a case manager in Cardiff. Owen Rees, 38, lives alone with a team of four.

His sister asks for **a key** to his flat. See Exhibit 1.

> **Exhibit 1: rota of the team**
>
> | Day | Hours |
> |---|--:|
> | Monday | 4 |
> | Tuesday | 6 |
>
> A note below the table.
"""

BEST = """\

## Question 1
best answer · 1 mark · standards 2.3, 13.4 · name who-decides

The sister asks who decides about the key. What do you say first?

- [ ] "I do, because I run the team and answer for it."
  - It takes the decision from him.
- [x] "Owen does. Let us ask him what he wants together."
  - His home, his decision.
- [ ] "The agency does. Its policy on keys settles it."
  - A policy does not decide for him.
"""

SEVERAL = """\

## Question 2
choose 2 of 4, 2 marks, standards 6.2, 6.4, name before-the-key

Which two things do you find out first?

- [x] What Owen wants, in his own words
  - The baseline of any plan.
- [ ] What his neighbours think of the sister
  - Gossip about a third person.
- [x] What happens at night when nobody is there
  - The need behind the request.
- [ ] How much the flat would sell for today
  - Not relevant here.
"""

STAGE_TWO = """\

# Stage 2: A week later

The key is missing. Owen says that he gave it to nobody.

> **Exhibit 2: text message**
>
> Can you ring me? It is about the key.
"""

WRITTEN = """\

## Question 3
written response · 6 marks · up to 120 words · 10 minutes · standards 1.2, 3.5, 7.1 · name what-now

Set out what you do today, with whom, and why.

### Expected response

1. Asks Owen first (7.1)
2. Makes the flat safe and records why (1.2, 3.5)

### Rubric

| Criterion | Weight | Standards | 0 Not shown | 1 Partly | 2 Meets the standard |
|---|---|---|---|---|---|
| Asks Owen | 2 | 7.1 | Decides alone | Informs him | Asks him and acts on it |
| Makes it safe | 1 | 1.2, 3.5 | Waits | Locks or record, not both | Locks today, with a record |

### Positive indicators

- Offers an advocate (7.1)

### Bear traps

- **Critical:** hides the loss from Owen (3.5)
- Blames the sister (1.2)

### Example responses

#### Meets the standard: 6 of 6

> I ring Owen and ask what he wants to do
> about the lock.
>
> - Locksmith today
> - Note in the record

| Criterion | Level | Why |
|---|---|---|
| Asks Owen | 2 | Asks before acting. |
| Makes it safe | 2 | Both, the same day. |

#### Below the standard: 1 of 6

> I would wait and see.

| Criterion | Level | Why |
|---|---|---|
| Asks Owen | 0 | Decides for him. |
| Makes it safe | 1 | Watches, at least. |
"""

ABOUT = """\

# For assessors: about this case

The key stands for trust. Good answers begin with Owen.
"""

SMALL_CASE = FRONT + STORY + BEST + SEVERAL + STAGE_TWO + WRITTEN + ABOUT


def read(text: str = SMALL_CASE) -> Parsed:
    """Read a case from text."""
    return parse_case(text, file="case.md")


def small_case(text: str = SMALL_CASE) -> Case:
    """A case that must be readable; the test fails with its problems when it is not."""
    parsed = read(text)
    assert parsed.case is not None, "\n".join(parsed.report())
    return parsed.case


def with_question(question: str) -> str:
    """A case whose only question is `question`, without its heading."""
    return f"{FRONT}{STORY}\n## Question 1\n{question}{ABOUT}"


def line_of(text: str, words: str) -> int:
    """The number of the first line that holds `words`."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if words in line)


def changed(old: str, new: str, text: str = SMALL_CASE) -> str:
    """`text` with `old`, which must be in it exactly once, replaced."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)
