"""The checks of the lessons' exercises, one file a lesson: `05.py` holds `check_05a`, `check_05b`, …

A check takes what the learner hands to `check("05a", …)` and returns `None` when it is right, otherwise the reason
why not yet: half a sentence that names the cause it found, or asks; never a cause that it did not find. It looks at
statuses, ids, what went over the wire and what the endpoint then holds, and gives functions an input of its own that
the learner has not seen. It may count the words of an answer; it never judges them. What the learner wrote is called
with `calling`, which stops it at its limits and says so when it fails; `evidence` looks at the runs that it started.

`check_05q` is the lesson's question on an idea, answered by naming or choosing (`chosen`).
`HINTS` holds for each exercise up to three questions that lead on, which `hint("05a")` shows one by one.
`GIVEN` holds the cells that are not blank when the lesson hands them out, so that an untouched one counts as no try.
"""
