"""One formula for floats and arrays: what `__call__` and the formulas share."""
