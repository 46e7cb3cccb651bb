"""The experiments."""

from experiments import experiment


@experiment(cases={"only": {}}, seeds=2)
def small(seeds):
    """A set-up in words."""
    return {"score": [0.6 for seed in seeds]}


@experiment(cases={"live": {}}, seeds=range(1, 21))
def live_live(seeds):
    """What the page on live runs trains."""
    return {"score": [0.84 for seed in seeds], "gap": [-0.02 for seed in seeds]}
