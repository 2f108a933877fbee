"""The checks of the lessons' exercises, one file a lesson: `05.py` holds `check_05a`, `check_05b`, …

A check takes what the learner hands to `check("05a", …)` and returns `None` when it is right, otherwise the reason
why not yet: half a sentence that leads on. It looks at statuses, ids and what went over the wire. It may count
the words of an answer; it never judges them. What the learner wrote is called with `calling`,
which says so when it fails.
"""
