"""The published JSON Schemas of what envcheck reads and writes."""
