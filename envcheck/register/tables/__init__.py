"""The tables of a register: their files, headings, faults and measurements."""
