"""The command line: its options, configuration, completion and commands."""
