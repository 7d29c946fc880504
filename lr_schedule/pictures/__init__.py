"""Values as pictures, knowing no schedule: on matplotlib axes, as SVG, as text."""
