"""Stands for lessons_src.exercises: what the build uses of it."""

import importlib


def check(name):
    chapter = importlib.import_module(f"{__name__}.{name.partition('-')[0]}")
    return chapter.EXERCISES[name]
