"""Text from other people's devices, made safe to sign and to print."""

import re

# C0 and C1 controls, bidirectional controls, zero-width and line separators, BOM, interlinear marks, noncharacters,
# surrogates, tags. The replacement character stays: it is visible, and says that something could not be read.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffc\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
MAX_NAME = 256
"""Characters that a name keeps; longer ones are cut and end in an ellipsis."""


def printable(text: str, limit: int = MAX_NAME) -> str:
    r"""Shows control, bidirectional and surrogate characters as `\uXXXX` escapes and cuts what is overlong.

    Args:
        text: anything, also unpaired surrogates.
        limit: the number of characters kept, the ellipsis included.

    Returns:
        Text that encodes to UTF-8 and cannot steer a terminal. Applying it twice changes nothing more.
    """
    if not text.isascii() or not text.isprintable():
        text = _UNSAFE.sub(_escape, text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the end of the basic plane
