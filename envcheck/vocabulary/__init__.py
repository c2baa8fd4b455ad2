"""The vocabulary: kinds of subject, their attributes, substances, choices and units."""
