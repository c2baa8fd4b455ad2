"""What the formats share: words, evidence, layout, charts, office files."""
