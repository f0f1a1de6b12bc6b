"""`make slack`: acts as a user of the Slack workspace of a running `make run`."""

import http.client
import json
import os
import sys
from typing import Any

from local.access_file import running_port
from local.addresses import SLACK_HOST

HELP = """Type /notebook, /notebook NAME, /notebook ask NAME, shortcut, a button's number, or quit."""


class InputError(Exception):
    """The line can't be carried out; the text says what to type instead, or why."""


def main() -> None:
    """Read lines until the end of input or `quit`."""
    port, user = os.environ.get("PORT") or str(running_port() or 8080), os.environ.get("SLACK_USER") or "U0ALICE"
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        sys.exit(f"PORT={port} is not a port: use the port of your make run, such as make slack PORT=8081")
    _say(f"You are {user} in the local Slack (make slack SLACK_USER=U0DANA for another user). {HELP}")
    buttons: list[dict[str, Any]] = []
    while True:
        try:
            line = input("> ").strip()
            if line in ("quit", "exit"):
                return
            buttons = _perform(int(port), user, line, buttons)
        except InputError as error:
            _say(str(error))
        except (EOFError, KeyboardInterrupt):
            _say("")
            return


def _perform(port: int, user: str, line: str, buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do what `line` says, print what `user` then sees, and return its buttons. Raises `InputError`."""
    answer = _show(port, {"user": user, **_action(line, buttons)})
    while answer["inputs"]:
        answer = _show(port, {"user": user, "fill": _fill_in(answer["inputs"])})
    return list(answer["buttons"])


def _show(port: int, action: dict[str, Any]) -> dict[str, Any]:
    """Send `action`, print what the user then sees, and return it. Raises `InputError`."""
    answer = _send(port, action)
    if answer.get("error"):
        raise InputError(answer["error"])
    if answer["status"] != 200:
        raise InputError(f"The gate answered {answer['status']}. Slack would show that /notebook failed.")
    if answer["text"] is None:
        raise InputError("The gate did not answer within a minute. See .cache/local/gate.log for the reason.")
    _say("\nOnly visible to you" + (" (in a modal)" if answer["modal"] else ""))
    _say("\n".join(f"  {line}" for line in answer["text"].splitlines() if not line.startswith("[")))
    for number, button in enumerate(answer["buttons"], 1):
        _say(f"  {number}  {button['label']}" + (f"  {button['url']}" if button["url"] else ""))
    return answer


def _fill_in(inputs: list[dict[str, Any]]) -> dict[str, str]:
    """Ask for the inputs of a window, and return their values by id. Only an optional one may be empty."""
    filled = {}
    for each in inputs:
        options = each["options"]
        default = next((label for label, value in options.items() if value == each["value"]), each["value"])
        prompt = f"  {each['label']}"
        if options:
            prompt += f" {', '.join(options)}"
        if default:
            prompt += f" [{default}]"
        text = input(f"{prompt}: ").strip() or default
        while not (text or each["optional"]) or (options and text not in options):
            text = input(f"{prompt}: ").strip() or default
        filled[each["id"]] = options.get(text, text)
    return filled


def _action(line: str, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    command, _, text = line.partition(" ")
    if command == "/notebook":
        return {"type": text}
    if line == "shortcut":
        return {"shortcut": True}
    if line.isdecimal() and 1 <= int(line) <= len(buttons):
        return {"press": int(line) - 1}
    raise InputError(HELP)


def _send(port: int, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/", json.dumps(body), {"Host": SLACK_HOST, "Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError):
        sys.exit(f"Nothing serves Slack on port {port}. Start `make run` first, in another terminal.")
    finally:
        connection.close()
    return answer


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
