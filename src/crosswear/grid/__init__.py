"""Studies as ordered cells with keys, their files, and the store of their results."""
