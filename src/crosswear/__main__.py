"""`python -m crosswear` is `crosswear`."""

from crosswear.cli import main

if __name__ == "__main__":
    main()
