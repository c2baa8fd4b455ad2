"""Texts in Chinese and English, and the problems that are told with them."""
