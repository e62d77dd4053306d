"""What is a secret by its form in any text: shapes, passwords in addresses, `name=value`, headers, private keys.

Every pattern here begins at the edge of a word and has a bounded part before it decides, so that a hostile line costs
time in proportion to its length.
"""

from __future__ import annotations

import re
import zlib

from installer.core.secrets.known import shapes, words_of
from installer.core.secrets.names import names_a_secret_in_text

MASK = "***"
_TAGGED = 16
_LEAST = 6
_ONE_WORD = ("bearer", "basic")
"""After these the secret is one word, and what follows it is prose."""
_USER = re.compile(
    r"(?<=://)(?!USER:PASSWORD@)(?:[^\s/:@'\"<>]{0,200}:[^\s/'\"<>]{1,500}|[A-Za-z0-9_.~%-]{20,500})(?=@)"
)
_BEARER = re.compile(r"\b([Bb]earer\s{1,3})(?=\S{0,400}[0-9]|\S{20})([A-Za-z0-9._~+/=-]{8,})")
_HEADER = re.compile(
    r"(?i)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)"
    r"(['\"]?\s{0,3}[:=]\s{0,3}['\"]?)((?:bearer|basic|token|digest)\s{1,3})?([^\s'\"][^\r\n'\"]{5,})"
)
_LOGIN = re.compile(r"\b(login\s{1,3}\S{1,200}\s{1,3}password\s{1,3})(\S{1,400})")
_ASSIGNED = re.compile(r"(?<![\w.-])-{0,2}([A-Za-z_][\w.-]{0,100})(['\"]?\s{0,3}[=:]\s{0,3})")
_FLAG = re.compile(r"(?<![\w-])--([A-Za-z][\w-]{0,100})(['\"]?,?\s{1,3})(?=['\"]?[^\s'\"-])")
_VALUE = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[^\s,;&)\]}'\"]+")
_QUERY = re.compile(r"([?&;])([A-Za-z][\w-]{0,60})=([^\s&;#'\"]{6,})")
_NO_VALUE = re.compile(r"(?i)none|null|true|false|unset|[\d.,:]+|\*{3}.*|[$<{(\[…].*|\w{1,80}\(.*|.{0,3}")
_MASKED = re.compile(r"(?:[A-Za-z]{1,10}\s{1,3})?\*{3}")
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_INSIDE = re.compile(r"(?:[A-Za-z0-9+/=\s\\'\",]|(?<=[A-Za-z]):|-(?=[A-Za-z]))*")
_LINE = re.compile(r"[\s'\"|>]*(?:[A-Za-z0-9+/=\\]*|(?:Proc-Type|DEK-Info|Version|Comment): [^\r\n]*)[\s'\",]*")
_RUN = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{40,}")


def placeholder(secret: str) -> str:
    """The replacement of a secret: the same for the same. A short one gets no mark that would help to guess it."""
    if len(secret) < _TAGGED:
        return MASK
    return f"{MASK}{zlib.crc32(secret.encode('utf-8', 'surrogatepass')) & 0xFFFF:04x}{MASK}"


def contains_key_begin(text: str) -> bool:
    """Whether a private key begins in `text`."""
    return _BEGIN.search(text) is not None


def begins_key(text: str) -> bool:
    """Whether a private key begins in `text` and does not end there."""
    begins = [match.end() for match in _BEGIN.finditer(text)]
    return bool(begins) and _END.search(text, begins[-1]) is None


def after_key_begin(text: str) -> tuple[str, bool]:
    """A line after the beginning of a private key, without it; and whether the key may continue after this line."""
    if found := _END.search(text):
        return MASK + text[found.end() :], False
    if _LINE.fullmatch(text):
        return MASK, True
    clean, count = _RUN.subn(MASK, text)  # a program that puts its own words before each line
    return clean, count > 0


def without_likely_secrets(text: str) -> str:
    """`text` without anything that looks like a secret."""
    if len(text) < 6:
        return text
    text = _keys(text)
    if "://" in text:
        text = _USER.sub(MASK, text)
        text = _QUERY.sub(_query, text)
    text = shapes().sub(lambda match: placeholder(match.group()), text)
    text = _BEARER.sub(lambda match: match[1] + placeholder(match[2]), text)
    text = _HEADER.sub(_header, text)
    text = _LOGIN.sub(lambda match: match[1] + placeholder(match[2]), text)
    return _assigned(_assigned(text, _ASSIGNED), _FLAG)


def _keys(text: str) -> str:
    if "PRIVATE KEY" not in text:
        return text
    parts, at = [], 0
    while begin := _BEGIN.search(text, at):
        inside = _INSIDE.match(text, begin.end())
        stop = inside.end() if inside else begin.end()
        end = _END.match(text, stop)
        parts += [text[at : begin.start()], MASK]
        at = end.end() if end else stop
    return "".join((*parts, text[at:]))


def _header(match: re.Match[str]) -> str:
    name, separator, scheme, value = match.groups()
    rest = ""
    if scheme and scheme.lower().startswith(_ONE_WORD):
        secret = value.split(maxsplit=1)[0]
        value, rest = secret, value[len(secret) :]
    if _NO_VALUE.fullmatch(value) or _MASKED.match(value) or len(value) < _LEAST:
        return match.group()
    return f"{name}{separator}{scheme or ''}{placeholder(value)}{rest}"


def _query(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    if name.lower() not in words_of("query", "names") or value.startswith(MASK):
        return match.group()
    return f"{before}{name}={placeholder(value)}"


def _assigned(text: str, pattern: re.Pattern[str]) -> str:
    """`text` without the values after each `pattern` (its groups: name, separator) whose name tells a secret."""
    parts, at, done = [], 0, 0
    while found := pattern.search(text, at):
        name, separator = found.groups()
        at = found.end()
        if not _tells(name, separator) or not names_a_secret_in_text(name):
            continue
        # Only now: to look at every value first would cost the square of a line's length.
        if (value := _VALUE.match(text, at)) is None:
            continue
        at = value.end()
        mark = value[0][0] if value[0][0] in "'\"" and len(value[0]) > 1 else ""
        bare = value[0][1:-1] if mark else value[0]
        if not _NO_VALUE.fullmatch(bare):
            parts += [text[done : value.start()], mark, placeholder(bare), mark]
            done = at
    return "".join((*parts, text[done:]))


def _tells(name: str, separator: str) -> bool:
    """Whether a value follows the name. A colon after a word is prose, unless the word is quoted or in capitals."""
    return ":" not in separator or separator[0] in "'\"" or (name.isupper() and "_" in name)
