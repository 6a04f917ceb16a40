"""Personal data in what people write: found by shape and check digit, and masked before it is stored.

Two tiers. `NEVER_KEPT` (cards, ids, one-time codes) is masked before the text reaches the log: nobody reads it again.
The rest is the customer's own text to them, and masked to whoever else reads it.
"""

from bot.privacy.find import Span, find
from bot.privacy.mask import NEVER_KEPT, mask, masked_events

__all__ = ["NEVER_KEPT", "Span", "find", "mask", "masked_events"]
