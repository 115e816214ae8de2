"""HTTP, sockets and pages; the only room that wires the others together."""
