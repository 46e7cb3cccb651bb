"""Stands for lessons_src.search."""
