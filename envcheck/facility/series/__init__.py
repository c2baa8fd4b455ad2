"""Monitoring series: headings, rows, and the files they stand in."""
