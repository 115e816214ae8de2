"""Which of a picture's layers a subscriber is sent: the best that fits, so that a slow one gets a smaller picture and
nobody else notices (RFC 8853 section 1)."""

from media.forwarder import Publication
from media.subscription import Subscription

# A layer is left when it is so much more than fits, and entered when it fits with so much to spare.
STAY, ENTER = 1.1, 0.87
# Less than this share of what is sent fits: no time to lose.
FLOODED = 0.6
# Seconds before a new source's layer is judged: the first picture comes before the first estimate.
GRACE = 1.0


def choose(subscription: Subscription, limit: float, now: float) -> None:
    """Head for the best layer that fits into `limit` (bits a second), and at once where the path is flooded."""
    current = subscription.publication
    if current is None or now - subscription.shown_at < GRACE:
        return
    is_flooded = limit < FLOODED * subscription.meter.rate
    alive = [layer for layer in current.layers if layer.is_alive(now)]
    if len(current.layers) > 1 and alive:
        fitting = [layer for layer in alive if layer.steady <= limit * (STAY if layer is current else ENTER)]
        subscription.head_for((fitting or alive[:1])[-1], now)
    is_least = len(current.layers) > 1 and current is current.layers[0]
    if is_flooded and not is_least and not subscription.waiting:
        subscription.jump(now)


def wish(subscription: Subscription, now: float) -> float:
    """The bits a second that a picture would take in its best layer; what it takes, where it is in that."""
    current = subscription.publication
    if current is None or len(current.layers) == 1:
        return subscription.meter.rate
    alive: list[Publication] = [layer for layer in current.layers if layer.is_alive(now)]
    if not alive or alive[-1] is current:
        return subscription.meter.rate
    return alive[-1].steady / ENTER
