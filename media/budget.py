"""One connection's bitrate: what it may send to us, and what we may send to it."""

from collections.abc import Collection

from media.bandwidth import AUDIO_NEED, DOWNWARD_GROWTH, UPWARD_GROWTH, LossWindow, PathEstimate, allowed, need
from media.forwarder import Publication, Subscription
from media.values import RelaySettings


class Uplink:
    """What a publisher may send."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._path = PathEstimate(settings.start_bitrate, settings.min_bitrate, UPWARD_GROWTH)
        self._window = LossWindow()
        self.allowed = float(settings.start_bitrate)

    def judge(self, heard: Collection[Publication], expected: int, lost: int, seconds: float) -> None:
        """Take in what was lost of what was expected in some seconds, and decide: as much as its path carries, and
        no more than its subscribers can take."""
        videos = [one for one in heard if one.medium == "video"]
        judged = self._window.add(expected, lost, seconds)
        if judged is not None:
            most = need(len(heard) - len(videos), max(len(videos), 1), self._settings.max_bitrate)
            self._path.judge(*judged, flowing=sum(one.meter.rate for one in heard), most=most)
        taken = [sum(self._video_limit(one) for one in videos) + AUDIO_NEED] if videos else []
        self.allowed = allowed(self._path.rate, taken, self._settings.min_bitrate)

    def _video_limit(self, publication: Publication) -> float:
        limits = [one.limit for one in publication.subscriptions if one.open and one.limit is not None]
        return min([self._settings.max_bitrate, *limits])


class Downlink:
    """What a subscriber can take."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._path: PathEstimate | None = None
        self._window = LossWindow()
        self._judged: tuple[float, float] | None = None
        self._highest: dict[int, int] = {}
        self.remb: float | None = None

    def note(self, subscription: Subscription, highest: int, loss: float) -> None:
        """A receiver report on a video: the extended highest sequence number, and the loss since the last report."""
        expected = highest - self._highest.get(subscription.ssrc, highest)
        self._highest[subscription.ssrc] = highest
        if 0 < expected < 0x8000:
            self._judged = self._window.add(expected, expected * loss, 0.0) or self._judged

    def share(self, subscriptions: Collection[Subscription], seconds: float) -> None:
        """Divide what the subscriber can take among the videos that it is shown; once in some seconds, after their
        rates have been read."""
        videos = [one for one in subscriptions if one.medium == "video" and one.meter.rate]
        if not videos:
            return
        most = need(len(subscriptions), len(videos), self._settings.max_bitrate)
        path = self._path or PathEstimate(most, self._settings.min_bitrate, DOWNWARD_GROWTH)
        flowing = sum(one.meter.rate for one in subscriptions)
        loss = self._judged[0] if self._judged else 0.0
        path.judge(loss, seconds, flowing, most)
        path.heed(self.remb, flowing)
        self._path, self._judged = path, None
        for video in videos:
            video.limit = path.rate / len(videos)
