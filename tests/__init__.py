"""The promises of the package, in the shape of the package."""
