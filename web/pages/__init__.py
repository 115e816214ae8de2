"""Pages: one file per noun. They read and render."""
