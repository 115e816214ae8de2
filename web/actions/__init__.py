"""Actions: one file per noun. They parse, call one verb in one transaction, and answer."""
