"""Sixty things that somebody might type to have a page run or show what it should not (T12)."""

from collections.abc import Iterator
from pathlib import Path

PAYLOADS = tuple((Path(__file__).parent / "payloads.txt").read_text().splitlines())


def packed(most: int) -> list[str]:
    """All of them, as few texts of at most `most` characters as hold them."""
    return list(_packed(most))


def _packed(most: int) -> Iterator[str]:
    text = ""
    for payload in PAYLOADS:
        if text and len(text) + 1 + len(payload) > most:
            yield text
            text = ""
        text = f"{text} {payload}" if text else payload
    yield text


INTRUSIONS = """() => {
  const found = [...(window.pwned ?? [])];
  for (const one of document.querySelectorAll('*')) {
    for (const { name, value } of one.attributes) {
      if (/^on/i.test(name) || /pwn\\(/.test(name)) found.push(`<${one.localName} ${name}>`);
      const leads = /^(href|src|action|formaction|data|xlink:href)$/i.test(name);
      if (leads && /^\\s*(javascript|data:text|\\/\\/evil)/i.test(value)) found.push(`<${one.localName} ${name}>`);
    }
    const alien = /^(x-pwn|base|object|embed|marquee|math|iframe|style|animate)$/.test(one.localName);
    if (alien) found.push(`<${one.localName}>`);
    if (one.localName === 'script' && !one.src) found.push('<script> without src');
    if (one.localName === 'meta' && one.httpEquiv) found.push('<meta http-equiv>');
  }
  return found;
}"""
"""What stands in a page that our templates never write."""

WATCH = """window.pwned = []; window.pwn = () => window.pwned.push('ran'); window.alert = window.pwn;
addEventListener('securitypolicyviolation',
  (at) => window.pwned.push(`${at.violatedDirective}: ${at.blockedURI} ${at.sample}`));"""
