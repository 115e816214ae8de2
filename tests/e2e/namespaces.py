"""A browser that changes its network: from Wi-Fi to mobile, say. Its address is replaced, and whatever still goes to or
comes from the old one is dropped without a word, TCP and UDP alike."""

import subprocess
from dataclasses import dataclass

from tests.media.narrow import Network

SILENCE = """
    table inet silence {{
        chain out {{ type filter hook output priority 0; ip saddr {old} drop; }}
        chain in {{ type filter hook input priority 0; ip daddr {old} drop; }}
    }}
"""


@dataclass(frozen=True)
class Traveller:
    """The namespace of a browser, with a second network within reach."""

    network: Network

    def move(self) -> None:
        """Leave the first network for the second one, at once."""
        inside, outside = f"{self.network.name}i", f"{self.network.name}o"
        here, there = (address.replace("10.200.", "10.203.") for address in (self.network.here, self.network.there))
        _run("ip", "addr", "add", f"{here}/30", "dev", outside)
        _run(*self.network.inside("nft", "-f", "-"), text=SILENCE.format(old=self.network.there))
        script = f"""
            ip addr add {there}/30 dev {inside} &&
            ip addr del {self.network.there}/30 dev {inside} &&
            ip route replace default via {here}
        """
        _run(*self.network.inside("sh", "-c", script))


def _run(*words: str, text: str | None = None) -> None:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
