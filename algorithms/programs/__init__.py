"""Programs as they are traced now: what they read, where they run, and what tells two of them apart."""
