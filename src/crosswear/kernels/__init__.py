"""What torch's operations would pass over memory for too often, compiled.

The package builds without a compiler, and runs without these on any processor: torch does the same
then, in bfloat16 as well, in about 1.4 times the time. `docs/performance.md` has what they give.
"""
