"""Facility files: facts, concentrations and monitoring series read, and what-if changes to them."""
