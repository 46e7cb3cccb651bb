"""Stands for the package, whose exercises lie in the folder of the book."""

from pathlib import Path

__path__.append(str(Path(__file__).parents[1] / "book"))
