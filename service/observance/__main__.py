"""`python -m observance` is the command `observance`."""

from observance.cli import main

if __name__ == "__main__":
    main()
