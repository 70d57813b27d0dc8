"""Networks, what of them is transferred, their checkpoints and compiled code."""
