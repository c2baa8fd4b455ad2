"""Files and streams: what comes in, within bounds, and what goes out, whole or not at all."""
