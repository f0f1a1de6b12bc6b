"""Collects the function's log lines."""

import json
import logging
from typing import Any

from gate.platform.log import logger


class Lines(logging.Handler):
    """Collects log lines in the format of the function's formatter."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logger.registered_formatter)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def decisions(self) -> list[dict[str, Any]]:
        lines = [json.loads(text) for text in self.texts]
        return [line for line in lines if line["message"] == "decision"]
