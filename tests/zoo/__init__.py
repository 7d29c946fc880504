"""The Zoo's hyperparameter files and its command line."""
