"""The command `python -m lessons_src.search`."""

from lessons_src.search import main

main()
