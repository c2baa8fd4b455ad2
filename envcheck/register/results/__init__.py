"""What a screening writes: findings, rejects, counts and summaries."""
