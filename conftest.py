"""Collect the library under its import name, not its folder names."""

collect_ignore = ["formal", "algorithms", "properties"]
