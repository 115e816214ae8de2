"""What clients and practitioners do with each other outside a visit: messages and connections."""
