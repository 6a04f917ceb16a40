"""8. The end. Ctrl-C stops everything that was started; what was said is there again after the next start."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from tests.tour.house import open_house, wait_until_gone


def test_ctrl_c_stops_everything() -> None:
    with open_house() as house:
        assert len(house.processes()) >= 4, "itself, Redis, the bank, the bot"
        processes = house.processes()
        assert house.interrupt() == 0
        assert wait_until_gone(processes) == []
        assert "Traceback" not in (house.var / "stderr").read_text()
        for url in (house.url, house.bank):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0, f"{url} is still open"
