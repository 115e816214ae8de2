"""What media/ raises. Nothing else ever leaves the package, however malformed a packet or an offer is."""


class OfferError(ValueError):
    """An SDP offer that cannot be answered; `str(error)` is the reason in words, fit to show a developer."""


class UnknownConnection(LookupError):
    """No connection of that key, or no such slot in it: it was never made, or it has been closed."""
