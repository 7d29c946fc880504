"""One formula for floats and arrays: the code that `__call__` and the formulas share."""
