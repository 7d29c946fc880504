"""What is measured, beside the alternatives."""
