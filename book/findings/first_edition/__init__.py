"""Findings on the records of the first edition, for topics whose new records are not made yet.

A module here goes, with its tests, when those of its topic are; until then it judges, and not the
new one in the folder above.
"""
