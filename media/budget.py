"""One connection's bitrate: what it may send to us, and what we may send to it."""

from collections.abc import Callable, Collection, Iterable

from media.bandwidth import AUDIO_NEED, DOWNWARD_GROWTH, UPWARD_GROWTH, LossWindow, PathEstimate, allowed, need
from media.congestion import DRAIN, PathEstimator
from media.forwarder import Publication
from media.layers import choose, wish
from media.subscription import Subscription
from media.values import RelaySettings

# A probe is tried when the path has been calm for so long (seconds); the next one waits twice as long after a failure.
# It tries for a little more than is wished, since pictures vary.
CALM, FIRST_WAIT, LONGEST_WAIT, TRY = 1.5, 2.0, 30.0, 1.2
# No more at once than this multiple of what is known: what is lost of a probe must be sent again.
STEP = 2.0
# How long (seconds) a browser is held to what arrived when its path had become too narrow; then its own estimate holds.
CUT_LASTS = 1.0


class Uplink:
    """What a publisher may send.

    A browser that is told when its packets came estimates its path by itself, and better; then only what its
    subscribers can take limits it.
    """

    def __init__(self, settings: RelaySettings, estimates_itself: bool) -> None:
        self._settings = settings
        self._path = None
        if not estimates_itself:
            self._path = PathEstimate(settings.start_bitrate, settings.min_bitrate, UPWARD_GROWTH)
        self._window = LossWindow()
        self.allowed = float(settings.start_bitrate)
        self._cap, self._cap_until = float("inf"), float("-inf")

    def cut(self, arriving: float, now: float) -> None:
        """The path carries no more than arrives of late: a browser finds that out, too, but later."""
        self._cap, self._cap_until = DRAIN * arriving, now + CUT_LASTS

    def judge(self, heard: Collection[Publication], expected: int, lost: int, seconds: float, now: float) -> None:
        """Take in what was lost of what was expected in some seconds, and decide."""
        videos = {one.mid for one in heard if one.medium == "video"}
        audios = sum(one.medium == "audio" for one in heard)
        judged = self._window.add(expected, lost, seconds)
        if judged is not None and self._path is not None:
            most = need(audios, max(len(videos), 1), self._settings.max_bitrate)
            self._path.judge(*judged, flowing=sum(one.meter.rate for one in heard), most=most)
        self.decide(heard, now)

    def decide(self, heard: Collection[Publication], now: float) -> None:
        """As much as its path carries, and no more than its subscribers can take."""
        pictures = {one.mid: one.layers for one in heard if one.medium == "video"}
        taken = sum(self._taken(layers, now) for layers in pictures.values()) or float(self._settings.max_bitrate)
        limits = [taken + AUDIO_NEED]
        if now < self._cap_until:
            limits.append(self._cap)
        self.allowed = allowed(self._path.rate if self._path else limits[0], limits, self._settings.min_bitrate)

    def _taken(self, layers: list[Publication], now: float) -> float:
        """What the subscribers of a picture can take. Where the least of its layers is sent, those who can take less
        get a lesser one, and spoil nothing for the others."""
        shown = [one for layer in layers for one in layer.subscriptions if one.open]
        limits = [one.limit for one in shown if one.limit is not None]
        most = float(self._settings.max_bitrate)
        if len(layers) > 1 and len(shown) > 1 and layers[0].is_alive(now):
            lesser = sum(layer.meter.rate for layer in layers) - max(layer.meter.rate for layer in layers)
            return min(max(limits, default=most), most) + lesser
        return min([most, *limits])


class Downlink:
    """What a subscriber can take, and how it is divided."""

    def __init__(
        self, settings: RelaySettings, estimator: PathEstimator | None, attend: Callable[["Filling"], None]
    ) -> None:
        self._settings = settings
        self._estimator = estimator
        self._attend = attend
        self._path: PathEstimate | None = None
        self._window = LossWindow()
        self._judged: tuple[float, float] | None = None
        self._highest: dict[int, int] = {}
        self._probe_at, self._wait, self._tried = float("-inf"), FIRST_WAIT, 0.0
        self.remb: float | None = None

    @property
    def rate(self) -> float | None:
        """What the path is believed to carry, bits a second."""
        if self._estimator is not None:
            return self._estimator.rate
        return self._path.rate if self._path is not None else None

    def note(self, subscription: Subscription, highest: int, loss: float) -> None:
        """A receiver report on a video: the extended highest sequence number, and the loss since the last report."""
        expected = highest - self._highest.get(subscription.ssrc, highest)
        self._highest[subscription.ssrc] = highest
        if 0 < expected < 0x8000:
            self._judged = self._window.add(expected, expected * loss, 0.0) or self._judged

    def judge(self, subscriptions: Collection[Subscription], seconds: float) -> None:
        """Without word of arrivals: judge by loss and the receiver's own limit, once in some seconds."""
        if self._estimator is not None or not any(one.medium == "video" and one.meter.rate for one in subscriptions):
            return
        videos = sum(one.medium == "video" and bool(one.meter.rate) for one in subscriptions)
        most = need(len(subscriptions), videos, self._settings.max_bitrate)
        path = self._path = self._path or PathEstimate(most, self._settings.min_bitrate, DOWNWARD_GROWTH)
        flowing = sum(one.meter.rate for one in subscriptions)
        path.judge(self._judged[0] if self._judged else 0.0, seconds, flowing, most)
        path.heed(self.remb, flowing)
        self._judged = None

    def told(self, remb: float, subscriptions: Iterable[Subscription]) -> None:
        """The receiver's own limit: heeded at once where it falls below what flows."""
        self.remb = remb
        if self._path is not None:
            self._path.heed(remb, sum(one.meter.rate for one in subscriptions))

    def share(self, subscriptions: Collection[Subscription], now: float) -> None:
        """Divide what the path carries among the videos that are shown, and choose their layers."""
        rate = self.rate
        videos = [one for one in subscriptions if one.medium == "video" and one.is_shown(now)]
        if rate is None or not videos:
            return
        audios = sum(one.medium == "audio" and one.is_shown(now) for one in subscriptions)
        left = max(rate - audios * AUDIO_NEED, 0.5 * rate)
        wishes = [wish(video, now) for video in videos]
        for video, own in zip(videos, wishes, strict=True):
            # An equal share, and what the others leave: a camera seldom needs what a screen does.
            limit = max(left / len(videos), left - (sum(wishes) - own))
            before, video.limit = video.limit, limit
            if video.publication is not None and _differ(before, limit):
                video.publication.limits_changed(now)
            choose(video, limit, now)
        self._try_for_more(videos, sum(wishes) + audios * AUDIO_NEED, rate, now)

    def _try_for_more(self, videos: list[Subscription], wished: float, rate: float, now: float) -> None:
        """Where a better layer is to be had and nothing speaks against it but the estimate, try the path."""
        estimator = self._estimator
        if estimator is None or wished <= rate:
            self._wait = FIRST_WAIT
            return
        if now < self._probe_at or now - estimator.calm_since < CALM:
            return
        if rate >= 0.7 * self._tried:
            self._wait = FIRST_WAIT
        self._probe_at, self._wait = now + self._wait, min(2 * self._wait, LONGEST_WAIT)
        self._tried = min(TRY * wished, STEP * rate)
        self._attend(Filling(videos[0], estimator, self._tried, now))


class Filling:
    """Fills a path for the moment of a probe; attended to every few milliseconds."""

    def __init__(self, subscription: Subscription, estimator: PathEstimator, rate: float, now: float) -> None:
        self._subscription = subscription
        self._rate = max(rate - estimator.arriving, 0.0)
        self._probe = estimator.probe(rate, now)
        self._at, self._due = now, 0.0

    def attend(self, now: float) -> bool:
        """Send what is due; False when the probe is over."""
        self._due += self._rate / 8 * (now - self._at)
        self._at = now
        if self._due > 0:
            self._due -= self._subscription.fill(int(self._due), now)
        return self._probe.is_on(now)


def _differ(before: float | None, now: float) -> bool:
    return before is None or now < 0.95 * before or now > 1.1 * before
