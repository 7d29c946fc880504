"""A model that another Python has saved."""
