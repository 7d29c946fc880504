"""Pictures of values: on matplotlib axes, as SVG, as text. This package does not depend on schedules."""
