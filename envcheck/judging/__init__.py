"""Judging: what a rule means for a subject on a day, and what follows from the findings. Pure."""
