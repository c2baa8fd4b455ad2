"""Facilities that columns cannot judge: row by row, and hour by hour."""
