"""`python -m denoisebench` is `bench`."""

from denoisebench.cli import main

main()
