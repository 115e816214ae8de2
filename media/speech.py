"""Who speaks: told from the audio levels that browsers write into their packets (RFC 6464), without hearing a word."""

# Loudness is 127 less the level in -dBov: 0 is silence, 127 as loud as can be. A voice at arm's length is about 95,
# a quiet room below 60.
VOICE = 80
# Seconds between two words on one speaker, and how long a pause may be before they are said to have stopped.
SPACING = 1 / 3
PAUSE = 1.0
# How quickly the mean follows what comes each 20 ms: a clap of one packet is no voice, a syllable is.
ATTACK, RELEASE = 0.3, 0.05
SILENT = 0x7F


class Speech:
    """One microphone's loudness, and when there is something to tell of it. Times are seconds on one clock."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._voice_at = float("-inf")
        self._tell_at = float("-inf")
        self._speaking = False

    def heard(self, level: int, now: float) -> None:
        """Take in a packet's level octet; its highest bit is the browser's own guess and is not asked."""
        loudness = SILENT - (level & SILENT)
        self._mean += (loudness - self._mean) * (ATTACK if loudness > self._mean else RELEASE)
        if self._mean >= VOICE and loudness >= VOICE:
            self._voice_at = now

    def news(self, now: float) -> int | None:
        """What to tell now: the loudness of somebody who speaks, at most three times a second; 0 once when they have
        stopped; None when there is nothing to tell."""
        if now - self._voice_at < SPACING and now >= self._tell_at:
            self._tell_at, self._speaking = now + SPACING, True
            return round(self._mean)
        if self._speaking and now - self._voice_at > PAUSE:
            self._speaking = False
            return 0
        return None
