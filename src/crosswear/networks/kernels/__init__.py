"""What torch's operations would pass over memory for too often, or draw too slowly, compiled.

The package builds without a compiler, and runs without these on any processor: torch does the same
then, in bfloat16 in about 1.5 times the time. `docs/performance.md` has what they give.
"""
