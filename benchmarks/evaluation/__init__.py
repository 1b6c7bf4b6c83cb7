"""How good are summaries? A labelled set of meetings, and the score of any summarizer on it.

`labelled` reads the set, `scoring` counts one summary into a score, `running` has a summarizer write them all, `report`
says what came of it. `benchmarks/data/README.md` says what is labelled and how items are matched to labels.
"""
