"""Cards: what a supporter chose to show in the directory."""
