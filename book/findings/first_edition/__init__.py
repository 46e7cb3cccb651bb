"""Findings on the records of the first edition, for topics whose new records are not made yet.

Each goes with its tests when `FIRST_EDITION` in `book/findings/__init__.py` no longer names it.
"""
