"""Which of a picture's layers a subscriber is sent: the best that fits, so that a slow one gets a lesser picture and
nobody else notices (RFC 8853 section 1). A lesser camera is smaller; a lesser screen is half as large, with few frames.
"""

from media.forwarder import Publication
from media.subscription import Subscription

# A layer is left when it is so much more than fits, and entered when it fits with so much to spare.
STAY, ENTER = 1.1, 0.87
# Less than this share of what is sent fits: no time to lose.
FLOODED = 0.6
# Seconds before a new source's layer is judged: the first picture comes before the first estimate. A screen's is large,
# and while it comes a path shows what it carries.
GRACE, SCREEN_GRACE = 1.0, 4.0
# However still a full screen stands (bits a second): it begins with a key frame of 100 to 300 KB.
SCREEN_LEAST = 800_000.0
# Browsers begin to send a full screen beside the lesser one only when they may send so much (bits a second) for it.
SCREEN_BEGINS = 2_100_000.0


def choose(subscription: Subscription, limit: float, now: float) -> None:
    """Head for the best layer that fits into `limit` (bits a second), and at once where the path is flooded."""
    current = subscription.publication
    if current is None:
        return
    is_flooded = limit < FLOODED * subscription.meter.rate
    patient = current.is_screen and current.is_alive(now) and not is_flooded
    grace = SCREEN_GRACE if patient else GRACE
    if now - subscription.shown_at < grace:
        return
    alive = [layer for layer in current.layers if layer.is_alive(now)]
    if len(current.layers) > 1 and alive:
        fitting = [layer for layer in alive if cost(layer) <= limit * (STAY if layer is current else ENTER)]
        subscription.head_for((fitting or alive[:1])[-1], now)
    is_least = len(current.layers) > 1 and current is current.layers[0]
    if is_flooded and not is_least and not subscription.waiting:
        subscription.jump(now)


def cost(layer: Publication) -> float:
    """The bits a second that a path must carry for a layer."""
    is_full_screen = layer.is_screen and layer is not layer.layers[0]
    return max(layer.steady, SCREEN_LEAST) if is_full_screen else layer.steady


def wish(subscription: Subscription, now: float) -> float:
    """The bits a second that a picture would take in its best layer; what it takes, where it is in that."""
    current = subscription.publication
    if current is None or len(current.layers) == 1:
        return subscription.meter.rate
    alive: list[Publication] = [layer for layer in current.layers if layer.is_alive(now)]
    if not alive:
        return subscription.meter.rate
    if current.is_screen and alive[-1] is not current.layers[-1]:
        return SCREEN_BEGINS
    return subscription.meter.rate if alive[-1] is current else cost(alive[-1]) / ENTER
