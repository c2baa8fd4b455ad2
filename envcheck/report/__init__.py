"""Findings in the shapes that people and programs read. Each module writes one format and loads only when used."""
