"""The formulas: one small class for each type of schedule."""
