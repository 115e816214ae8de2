"""Who is in a visit and what they say: no sockets, no SQL. `web` joins this to both."""
