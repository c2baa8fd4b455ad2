"""Facility files as spreadsheets, and forms to fill in.

A workbook holds a sheet `facility` (a row an attribute) and a sheet for every list of subjects (a row a subject), named
as in a YAML file. Row 1 of a sheet names what stands below: attributes such as `capacity [t/h]` or `emissions.NOx [mg/m3]`
with the unit that a bare number takes. Rows whose first cell begins with `#`, columns whose heading does, and sheets whose
name begins with `#` or `_` are for people and are not read. An empty cell is a fact that is not known.
"""
