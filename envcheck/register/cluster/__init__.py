"""A register parted over processes, or over Spark."""
