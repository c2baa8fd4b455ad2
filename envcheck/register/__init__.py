"""Registers: tables with one subject a row, read, judged by the columnar engine, written and summed up."""
