"""Scores any summarizer on a labelled set of meetings.

`labelled` reads the set, `scoring` counts one summary into a score, `running` runs a summarizer over all meetings, and
`report` formats the result. `benchmarks/data/README.md` says what is labelled and how items are matched to labels.
"""
