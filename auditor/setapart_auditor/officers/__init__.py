"""Officers: who may do what, for which unit; and the trail of what they did and read."""
