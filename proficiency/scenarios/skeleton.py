"""The shape of a case with everything that it needs, for an author to begin from."""

SKELETON = """\
---
case: name-of-the-case
nation: England
law-checked: 2026-11-21
framework: ircm-standards-of-proficiency/1
setting: where it happens and who pays
minutes: 20
authors: [Who wrote it]
references:
  - What the case rests on
---

# Title of the case

Say who the case manager is, who the client is, and what has happened.

> **Exhibit 1: a letter, a note or a table**
>
> What it says.

## Question 1
best answer · 1 mark · standards 2.3

What is asked, in one sentence?

- [x] The best option, no longer than the others
  - Why it is best.
- [ ] An option that somebody might well choose
  - Why it is not the best.
- [ ] Another option that somebody might choose
  - Why it is not the best.

# Stage 2: Some time later

Say what has changed.

## Question 2
written response · 6 marks · up to 150 words · 12 minutes · standards 1.2, 7.1

Set out what you do, with whom, and why.

### Expected response

1. What a competent case manager does first (7.1)
2. What follows (1.2)

### Rubric

| Criterion | Weight | Standards | 0 Not shown | 1 Partly | 2 Meets the standard |
|---|---|---|---|---|---|
| The client's wishes | 2 | 7.1 | Decides alone | Informs | Asks, and acts on the answer |
| A safe order | 1 | 1.2 | No order | Some steps | The right steps, in order |

### Positive indicators

- Something that shows good practice (7.1)

### Bear traps

- **Critical:** something that would be unsafe (1.2)

### Example responses

#### Meets the standard: 6 of 6

> An answer as a candidate might write it.

| Criterion | Level | Why |
|---|---|---|
| The client's wishes | 2 | Asks first. |
| A safe order | 2 | In order. |

#### Below the standard: 1 of 6

> An answer that falls short.

| Criterion | Level | Why |
|---|---|---|
| The client's wishes | 0 | Nobody is asked. |
| A safe order | 1 | One step only. |

# For assessors: about this case

What the case is about, and what a good case manager would learn from it.
"""
