"""Results told to people and programs: findings in every format, and a report for each other question."""
