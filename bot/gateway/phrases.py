"""What customers read when a message could not be taken and their front end has no words of its own for it."""

from __future__ import annotations

_APOLOGIES = {
    "too_long": ("That message is too long. Could you shorten it?", "这条消息太长了，能简短一些吗？"),
    "empty": ("I received an empty message. What can I do for you?", "收到了一条空消息，请问有什么可以帮您？"),
    "rate_limited": ("That was a bit fast for me. Please try again in a moment.", "您发得有点快，请稍等片刻再试。"),
    "busy": ("We are very busy right now. Please try again in a moment.", "现在咨询的人较多，请稍后再试。"),
    "not_yours": ("This conversation has ended. Please reload the page.", "此会话已结束，请刷新页面后重试。"),
    "identity_expired": ("Your sign-in has expired. Please sign in again.", "您的登录已过期，请重新登录。"),
}
_OTHERWISE = ("Your message could not be taken. Please try again.", "消息未能送达，请重试。")


def apology(code: str, language: str) -> str:
    """In the conversation's language; in both where it is not known."""
    english, chinese = _APOLOGIES.get(code, _OTHERWISE)
    return {"en": english, "zh": chinese}.get(language, f"{english} {chinese}")
