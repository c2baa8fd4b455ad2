"""Reviewing rule packs: whom a rule concerns, doubts, examples, and what of a plan is covered."""
