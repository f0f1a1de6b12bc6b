"""`make slack`: plays somebody in the Slack workspace of a running `make run`."""

import http.client
import json
import os
import sys
from typing import Any

from local.slack.play import HOST

HELP = """Type /notebook, /notebook NAME, shortcut, a button's number, or quit."""


class PlayError(Exception):
    """What was typed can't be played; the text says what to do instead."""


def main() -> None:
    """Read lines until the end of input or `quit`."""
    port, user = os.environ.get("PORT") or "8080", os.environ.get("SLACK_USER") or "U0ALICE"
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        sys.exit(f"PORT={port} is no port: write that of your make run, such as make slack PORT=8081")
    _say(f"You are {user} in the local Slack (make slack SLACK_USER=U0DANA for another). {HELP}")
    buttons: list[dict[str, Any]] = []
    while True:
        try:
            line = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            _say("")
            return
        if line in ("quit", "exit"):
            return
        try:
            buttons = _play(int(port), user, line, buttons)
        except PlayError as error:
            _say(str(error))


def _play(port: int, user: str, line: str, buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    command, _, text = line.partition(" ")
    if command == "/notebook":
        act: dict[str, Any] = {"type": text}
    elif line == "shortcut":
        act = {"shortcut": True}
    elif line.isdecimal() and 1 <= int(line) <= len(buttons):
        act = {"press": int(line) - 1}
    else:
        raise PlayError(HELP)
    answer = _ask(port, {"user": user, **act})
    if answer.get("error"):
        raise PlayError(answer["error"])
    if answer["status"] != 200:
        raise PlayError(f"The gate answered {answer['status']}: Slack would show that /notebook failed.")
    if answer["text"] is None:
        raise PlayError("No answer came within ten seconds: .cache/local/gate.log may say why.")
    _say("\nOnly you can see this" + (" (in a window)" if answer["window"] else ""))
    _say("\n".join(f"  {line}" for line in answer["text"].splitlines() if not line.startswith("[")))
    for number, button in enumerate(answer["buttons"], 1):
        _say(f"  {number}  {button['label']}" + (f"  {button['url']}" if button["url"] else ""))
    return list(answer["buttons"])


def _ask(port: int, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/", json.dumps(body), {"Host": HOST, "Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError):
        sys.exit(f"Nothing serves Slack on port {port}: start `make run` first, in another terminal.")
    finally:
        connection.close()
    return answer


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
