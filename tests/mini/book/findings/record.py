"""What the small record says."""

from book.claims import above, identity, judge
from book.findings import claim, expect, finding
from book.findings._pieces import LIMIT
from lessons_src.stats import Interval


def score(small):
    """The mean over the seeds, with an interval made up for the test."""
    mean = small("only", "score").mean()
    return Interval(mean, mean - 0.01, mean + 0.01)


@finding
def middle(small):
    """The mean score."""
    expect(score(small).low > LIMIT, "the score is above a half")
    return score(small)


@claim("S1.1")
def high(small):
    """Above a half."""
    return judge(
        above("mean score", score(small), 0.5, small),
        also=[above("mean score above 0.8", score(small), 0.8, small)],
        weakened="Two seeds.",
    )


@claim("S1.2")
def counted(small):
    """Counted."""
    return judge(identity("two seeds", len(small.seeds) == 2, "2", small))
