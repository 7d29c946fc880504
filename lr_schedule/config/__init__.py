"""What a user writes becomes validated fields, and back; knows no time and no values."""
