"""Who is shown where: joins publications and subscriptions, whichever of the two comes first."""

from collections import defaultdict

from media.forwarder import Publication
from media.subscription import Subscription
from media.values import Source


class Switchboard:
    """Finds a source's publication and the subscriptions that want it."""

    def __init__(self) -> None:
        self._publications: dict[Source, list[Publication]] = {}
        self._wanting: dict[Source, list[Subscription]] = defaultdict(list)

    def publish(self, publication: Publication, now: float) -> None:
        """A source has come, perhaps again, in all its layers: whoever waits for it gets it."""
        self._publications[publication.source] = publication.layers
        for subscription in self._wanting.get(publication.source, ()):
            subscription.show(publication.layers, now)

    def withdraw(self, publication: Publication) -> None:
        """A source has gone; its subscriptions keep waiting for it."""
        if self._publications.get(publication.source) is publication.layers:
            del self._publications[publication.source]
        for layer in publication.layers:
            for subscription in [*layer.subscriptions, *layer.coming]:
                subscription.part()

    def assign(self, subscription: Subscription, source: Source | None, now: float) -> None:
        """Show a source in a slot, or nothing. Showing again what is shown changes nothing."""
        if subscription.source == source:
            return
        self.release(subscription)
        if source is None:
            return
        subscription.source = source
        self._wanting[source].append(subscription)
        if source in self._publications:
            subscription.show(self._publications[source], now)

    def release(self, subscription: Subscription) -> None:
        """Empty a slot."""
        subscription.part()
        if subscription.source is not None:
            self._wanting[subscription.source].remove(subscription)
            if not self._wanting[subscription.source]:
                del self._wanting[subscription.source]
        subscription.source = None
