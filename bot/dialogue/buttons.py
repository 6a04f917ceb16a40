"""Quick replies. A payload is an intent with its values; the store lets through only those that were offered."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    payload: str


def payload(intent: str, **values: str) -> str:
    """`/inform_order{"order_number": "P20261103001"}`"""
    return f"/{intent}" + (json.dumps(values, ensure_ascii=False) if values else "")
