"""What browsers could be made to do against the people who use them, and what keeps them from it, of both halves."""
