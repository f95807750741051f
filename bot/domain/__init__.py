"""What Drawbridge knows without any input or output: requests, limits, the life of a job, money."""
