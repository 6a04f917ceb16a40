"""The bot's languages: responses by language in plain Rasa files, and which language a customer is answered in.

`config.yml` names the importer:

    importers:
    - name: bot.engine.languages.ResponsesByLanguage

It reads Rasa's usual files and `data/responses/<language>.yml` (Rasa `responses:` files). Each variation there gets the
condition that slot `language` has that value, so forms' `utter_ask_...`, buttons and further conditions work as ever.
The slot is the engine's then: `type: bot.engine.slots.Kept`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

from bot.engine import slots
from bot.errors import ConfigError
from bot.files import parse_yaml

FOLDER = "responses"
DEFAULT = "en"

APOLOGY: Mapping[str, str] = {
    "en": "I'm sorry, something went wrong on our side and I could not finish that. Nothing else was changed.",
    "zh": "很抱歉，我们这边出了点问题，刚才的操作没有完成，其他内容没有任何变动。",
}
"""Said when an action's code fails, unless the domain has `utter_something_failed`."""
WORDLESS: Mapping[str, str] = {
    "en": "I'm sorry, I cannot put my answer into words right now. Please ask me again in a moment.",
    "zh": "很抱歉，我暂时无法显示这条回复，请稍后再问我一次。",
}
"""Said in place of a text that the NLG server did not give."""
APOLOGY_RESPONSE = "utter_something_failed"

_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")

Responses = dict[str, list[dict[str, Any]]]


class ResponsesByLanguage(RasaFileImporter):
    """Rasa's own importer, and the responses of each language."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        roots = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._by_language = {path.stem: path for path in sorted(_response_files(Path(root) for root in roots))}
        ours = {str(path) for path in self._by_language.values()}
        files: list[str] = vars(self)["_nlu_files"]
        self._nlu_files = [path for path in files if str(Path(path)) not in ours]

    def get_domain(self) -> Domain:
        domain = super().get_domain()
        responses = {language: read(path) for language, path in self._by_language.items()}
        problems = missing(responses, self._by_language)
        if self._by_language and not slots.is_kept({slot.name: slot for slot in domain.slots}, slots.LANGUAGE):
            problems.append(
                f"domain: slots: {slots.LANGUAGE}: data/{FOLDER}/ is chosen from by it: "
                f"declare it with the type {slots.Kept.type_name}"
            )
        if problems:
            raise ConfigError(*problems)
        return domain.merge(Domain.from_dict({"responses": merged(responses)})) if responses else domain


def _response_files(roots: Iterable[Path]) -> set[Path]:
    found = {path for root in roots for path in (root.rglob(f"{FOLDER}/*.y*ml") if root.is_dir() else [root])}
    return {path for path in found if path.parent.name == FOLDER}


def read(path: Path) -> Responses:
    """The responses in a file. Raises ConfigError naming the file and what is not a list of variations."""
    raw = parse_yaml(path.read_text(encoding="utf-8"), name=_place(path))
    responses = raw.get("responses") if isinstance(raw, dict) else None
    if not isinstance(responses, dict):
        raise ConfigError(f"{_place(path)}: expected `responses:` with a list of variations for each name")
    problems = [
        f"{_place(path)}: {name}: expected a list of variations, each with `text` or `custom`"
        for name, variations in responses.items()
        if not (isinstance(variations, list) and variations and all(isinstance(each, dict) for each in variations))
    ]
    if problems:
        raise ConfigError(*problems)
    return responses


def missing(responses: Mapping[str, Responses], files: Mapping[str, Path]) -> list[str]:
    """One line for each response that one language has and another has not."""
    names = {name for each in responses.values() for name in each}
    return [
        f"{_place(files[language])}: {name} is missing; {_place(files[other])} has it"
        for language in responses
        for name in sorted(names - responses[language].keys())
        for other in [next(each for each in responses if name in responses[each])]
    ]


def merged(responses: Mapping[str, Responses]) -> Responses:
    """All languages' variations, each for its language only."""
    together: Responses = {}
    for language, each in responses.items():
        for name, variations in each.items():
            together.setdefault(name, []).extend(_stamped(variation, language) for variation in variations)
    return together


def languages_of(domain: Domain) -> tuple[str, ...]:
    """The languages that the domain's responses speak; empty for a bot of one language, or whose slot is its own."""
    if not slots.is_kept({slot.name: slot for slot in domain.slots}, slots.LANGUAGE):
        return ()
    found = {
        condition["value"]
        for variations in domain.responses.values()
        for variation in variations
        for condition in variation.get("condition") or ()
        if condition.get("name") == slots.LANGUAGE
    }
    return tuple(sorted(found))


def choose(parsed: Mapping[str, Any], text: str, *, current: str, languages: Sequence[str]) -> str:
    """The language to answer in: the customer's, or what it was where a text does not say.

    `parsed` is the NLU's result: `language` ("en", "zh", "mixed" or ""), `dominant_language` where it is mixed.
    """
    said = parsed.get("language") or ""
    if said in languages or (said and said != "mixed" and not languages):
        return str(said)
    if current in languages:
        return current
    if "zh" in languages and _HAN.search(text):
        return "zh"
    dominant = parsed.get("dominant_language") or ""
    if dominant in languages:
        return str(dominant)
    return current or (DEFAULT if DEFAULT in languages or not languages else languages[0])


def _stamped(variation: Mapping[str, Any], language: str) -> dict[str, Any]:
    stamped = copy.deepcopy(dict(variation))
    condition = {"type": "slot", "name": slots.LANGUAGE, "value": language}
    stamped["condition"] = [*(stamped.get("condition") or []), condition]
    return stamped


def _place(path: Path) -> str:
    return "/".join(path.parts[-3:])
