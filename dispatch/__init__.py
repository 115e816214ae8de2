"""What is asked for and who takes it: requests, sessions, admissions and the board."""
