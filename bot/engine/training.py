"""Training: from a project's files to a signed model package, and nothing at all when no input has changed."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.engine import folders, package, project, quiet, signing
from bot.engine.shelf import Shelf
from bot.errors import ConfigError, ModelError
from bot.settings import Settings

if TYPE_CHECKING:
    from rasa.engine.graph import ExecutionContext, GraphModelConfiguration, GraphSchema
    from rasa.engine.runner.interface import GraphRunner
    from rasa.engine.storage.storage import ModelStorage
    from rasa.shared.data import TrainingType
    from rasa.shared.importers.importer import TrainingDataImporter

NOTICE = "NOTICE"
Progress = Callable[[int, int, str], None]
"""Called with how many steps are done, how many there are, and the name of what runs now; the last time with ""."""


def train(settings: Settings, *, force: bool = False, progress: Progress | None = None) -> Path:
    """The project's current model: the one that was trained from exactly these inputs, else a new one.

    Raises ConfigError for what is wrong with the files, NeedsTensorFlow, or ModelError when training fails.
    """
    key = signing.signing_key(settings)
    models = settings.project / "models"
    fingerprint = project.fingerprint(settings.project)
    made = None if force else unchanged(settings, fingerprint)
    if made is not None:
        return made
    models.mkdir(exist_ok=True)
    folders.sweep("training", within=models)
    path = models / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{fingerprint}.tar.gz"
    with folders.temporary("training", within=models) as temporary:
        fresh = temporary / path.name
        _train(settings.project, fresh, progress or _silent)
        signing.sign(fresh, key, made=time.time())
        # The signature first: a model is never seen without it.
        signing.signature_of(fresh).replace(signing.signature_of(path))
        fresh.replace(path)
    Shelf(settings).prune(keep=settings.model.keep)
    return path


def unchanged(settings: Settings, fingerprint: str) -> Path | None:
    """A model trained from these inputs and signed with our key, made the newest by signing it anew; None if there is
    none."""
    key, shelf = signing.signing_key(settings), Shelf(settings)
    signed = shelf.sorted(key.public_key())[0]
    for each in signed:
        if each.path.name.endswith(f"-{fingerprint}.tar.gz"):
            try:
                package.check(each.path, key.public_key(), at_most=settings.model.max_mb << 20)
            except ModelError:
                continue
            if each != signed[0]:
                signing.sign(each.path, key, made=time.time())
            return each.path
    return None


def importer_of(folder: Path) -> TrainingDataImporter:
    """Rasa's importer for the project's files, as config.yml asks for it."""
    from rasa.shared.importers.importer import TrainingDataImporter

    config = project.config_of(folder)
    _check_importers(config)
    return TrainingDataImporter.load_from_dict(
        config, str(folder / "config.yml"), str(project.domain_path(folder)), [str(folder / "data")]
    )


def _train(folder: Path, target: Path, progress: Progress) -> None:
    quiet.hush()
    from rasa.engine.exceptions import GraphComponentException, GraphSchemaValidationException
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.engine.training.graph_trainer import GraphTrainer
    from rasa.shared.exceptions import RasaException

    from bot.engine import needs, slots, swift_training, trainable

    needs.check_config(project.config_of(folder), where="config.yml")
    code = project.code(folder)
    with tempfile.TemporaryDirectory(prefix="xiaoer-training-") as temporary:
        storage = LocalModelStorage(Path(temporary))
        with storage.write_to(Resource(package.MADE_BY)) as made_by:
            (made_by / package.CODE).write_text(json.dumps(code), encoding="utf-8")
            if (folder / NOTICE).is_file():  # Whose work is in the model goes where the model goes.
                shutil.copyfile(folder / NOTICE, made_by / f"{NOTICE}.txt")
        try:
            # As Rasa's own command would be run: a lookup table's path is one from the project's folder.
            with warnings.catch_warnings(), contextlib.chdir(folder), swift_training.examples_shared():
                warnings.simplefilter("ignore")
                importer = importer_of(folder)
                configuration = configuration_of(importer, kind=kind_of(importer))
                domain = importer.get_domain()
                problems = [*slots.problems_in(domain)]
                problems += trainable.in_flows(folder, domain)
                problems += trainable.few_intents(importer, configuration.train_schema)
                if problems:
                    raise ConfigError(*problems)
                trainer = GraphTrainer(storage, None, TrainingGraph(progress))
                trainer.train(configuration, importer, target, force_retraining=True)
        except (GraphComponentException, GraphSchemaValidationException, RasaException, OSError, ValueError) as error:
            raise ModelError(f"training failed: {_message(error)}") from error


def configuration_of(importer: TrainingDataImporter, *, kind: TrainingType) -> GraphModelConfiguration:
    """The graphs that train and that predict, checked."""
    import rasa.engine.validation
    from rasa.engine.recipes.recipe import Recipe

    config = importer.get_config()
    recipe = Recipe.recipe_for_name(config.get("recipe"))
    configuration = recipe.graph_config_for_recipe(config, {}, training_type=kind)
    rasa.engine.validation.validate(configuration)
    return configuration


def kind_of(importer: TrainingDataImporter) -> TrainingType:
    """What the files suffice for: understanding, dialogue, or both."""
    from rasa.model_training import get_unresolved_slots
    from rasa.shared.data import TrainingType

    stories, nlu, domain = importer.get_stories(), importer.get_nlu_data(), importer.get_domain()
    unknown = sorted(get_unresolved_slots(domain, stories))
    if unknown:
        raise ConfigError(f"rules or stories set slots that the domain does not have: {', '.join(unknown)}")
    if stories.is_empty() and nlu.contains_no_pure_nlu_data():
        raise ConfigError("data: neither NLU examples nor rules or stories")
    if nlu.has_e2e_examples():
        return TrainingType.END_TO_END
    if stories.is_empty() or domain.is_empty():
        return TrainingType.NLU
    return TrainingType.CORE if nlu.contains_no_pure_nlu_data() else TrainingType.BOTH


class TrainingGraph:
    """Stands where Rasa's trainer expects a runner's class: runs every node once and tells how far it is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def create(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[Any] | None = None,
    ) -> GraphRunner:
        from bot.engine.graph_runner import DirectGraphRunner

        steps = len(graph_schema.minimal_graph_schema().nodes)

        return DirectGraphRunner.create(
            graph_schema,
            model_storage,
            execution_context,
            hooks=[_ProgressHook(steps, self._progress)],
        )


class _ProgressHook:
    """Duck-typed `GraphNodeHook`."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def on_before_node(self, node_name: str, execution_context: ExecutionContext, **_: Any) -> dict[str, Any]:
        self._progress(self._done, self._total, execution_context.graph_schema.nodes[node_name].uses.__name__)
        return {}

    def on_after_node(self, **_: Any) -> None:
        self._done += 1
        self._progress(self._done, self._total, "")


def _check_importers(config: dict[str, Any]) -> None:
    """Rasa skips an importer it cannot import with a warning; then half the bot would be missing."""
    from rasa.shared.utils.common import class_from_module_path

    for index, entry in enumerate(config.get("importers") or ()):
        name = entry.get("name", "") if isinstance(entry, dict) else str(entry)
        if "." in name:
            try:
                class_from_module_path(name)
            except Exception as error:
                raise ConfigError(f"config.yml: importers[{index}] '{name}' cannot be imported: {error}") from error


def _silent(done: int, total: int, name: str) -> None:
    pass


def _message(error: BaseException) -> str:
    """A Rasa error, with its causes where it only wraps them, on one line."""
    texts = []
    current: BaseException | None = error
    while current is not None:
        text = " ".join(str(current).split())
        if text and not text.startswith(("Error running graph component", "Error initializing graph component")):
            texts.append(text if current is error else f"{type(current).__name__}: {text}")
        current = current.__cause__
    return "; ".join(texts) or type(error).__name__
