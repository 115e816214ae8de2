"""One file for each claim of speed in README; each prints its ratios against a named peer in the same run."""
