"""Model packages: only what was signed is loaded, nothing is trained twice, models change under running turns."""

from __future__ import annotations

import asyncio
import gc
import shutil
import tarfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engine import in_process, package, signing
from bot.engine import project as projects
from bot.engine.engine import Engine
from bot.engine.graph_runner import DirectGraphRunner
from bot.engine.models import Models
from bot.engine.shelf import Shelf
from bot.engine.training import train
from bot.errors import ConfigError, ModelError, NeedsTensorFlow, UnsignedModel
from bot.settings import Settings
from tests.engine.conftest import Talk


def settings_of(project: Path, **env: str) -> Settings:
    return Settings.load(project, env)


def the_model(project: Path) -> Path:
    """The one that was trained."""
    return next((project / "models").glob("2*.tar.gz"))


# Signatures


async def test_a_project_may_have_its_actions_by_a_link(project: Path, tmp_path: Path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for each in project.iterdir():
        (linked / each.name).symlink_to(each)
    await Engine.load(project=linked, model=the_model(project), settings=settings_of(linked))
    assert in_process.register(linked).actions.keys() == in_process.register(project).actions.keys() != set()


async def test_a_changed_package_is_refused_before_it_is_unpacked(project: Path):
    model = the_model(project)
    with model.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UnsignedModel, match="signature does not match"):
        await Engine.load(project=project, model=model, settings=settings_of(project))


async def test_a_package_without_a_signature_is_refused(project: Path):
    model = the_model(project)
    signing.signature_of(model).unlink()
    with pytest.raises(UnsignedModel, match="not signed"):
        await Engine.load(project=project, model=model, settings=settings_of(project))


@pytest.mark.parametrize("garbage", ["", "not base64 !", "QUJD", "\x00", "é"])
async def test_a_signature_that_is_none_is_refused(project: Path, garbage: str):
    model = the_model(project)
    signing.signature_of(model).write_text(garbage, encoding="utf-8")
    with pytest.raises(UnsignedModel):
        await Engine.load(project=project, model=model, settings=settings_of(project))


async def test_a_package_that_somebody_else_signed_is_refused(project: Path, tmp_path: Path):
    _, verify = signing.make_keys(tmp_path / "theirs")
    settings = settings_of(project, XIAOER_VERIFY_KEY_FILE=str(verify))
    with pytest.raises(UnsignedModel, match="signed by another"):
        await Engine.load(project=project, model=the_model(project), settings=settings)


async def test_a_package_is_signed_with_one_key_and_served_with_the_other(project: Path, tmp_path: Path):
    private, verify = signing.make_keys(tmp_path / "keys")
    model = the_model(project)
    signing.sign(model, signing.signing_key(settings_of(project, XIAOER_SIGNING_KEY_FILE=str(private))), made=1)
    settings = settings_of(project, XIAOER_VERIFY_KEY_FILE=str(verify))
    engine = await Engine.load(project=project, model=model, settings=settings)
    assert engine.model.path == model
    assert private.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        signing.make_keys(tmp_path / "keys")


async def test_no_key_at_all_is_said(project: Path):
    shutil.rmtree(project / "var")
    with pytest.raises(UnsignedModel, match="XIAOER_VERIFY_KEY"):
        await Engine.load(project=project, model=the_model(project), settings=settings_of(project))


def test_a_key_of_another_kind_is_said(project: Path):
    with pytest.raises(ConfigError, match="XIAOER_SIGNING_KEY: not a private key"):
        signing.signing_key(settings_of(project, XIAOER_SIGNING_KEY="hello"))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b garbage"])
async def test_a_signed_file_that_is_no_model_is_said_in_one_line(project: Path, content: bytes):
    model = project / "models" / "other.tar.gz"
    model.write_bytes(content)
    signing.sign(model, signing.signing_key(settings_of(project)), made=1)
    with pytest.raises(ModelError, match=r"other\.tar\.gz") as refused:
        await Engine.load(project=project, model=model, settings=settings_of(project))
    assert "\n" not in str(refused.value)


# Training


def test_nothing_is_trained_when_nothing_changed(project: Path):
    model, settings = the_model(project), settings_of(project)
    assert train(settings) == model


@pytest.mark.parametrize("path", ["config.yml", "domain.yml", "data/nlu.yml", "data/responses/zh.yml"])
def test_the_fingerprint_changes_with_every_input(project: Path, path: str):
    before = projects.fingerprint(project)
    with (project / path).open("a", encoding="utf-8") as file:
        file.write("\n# another line\n")
    assert projects.fingerprint(project) != before


def test_the_fingerprint_knows_the_code_of_the_projects_components_and_ignores_what_is_no_input(project: Path):
    before = projects.fingerprint(project)
    (project / "data" / ".hidden.yml").write_text("x")
    (project / "README.md").write_text("x")
    assert projects.fingerprint(project) == before
    (project / "parts").mkdir()
    (project / "parts" / "__init__.py").write_text("")
    (project / "parts" / "own.py").write_text("class Own: ...")
    config = (project / "config.yml").read_text().replace("pipeline:", "pipeline:\n- name: parts.own.Own")
    (project / "config.yml").write_text(config)
    named = projects.fingerprint(project)
    assert named != before
    (project / "parts" / "helper.py").write_text("x = 1")
    assert projects.fingerprint(project) != named


def test_training_tells_how_far_it_is_and_signs_what_it_made(project: Path):
    steps: list[tuple[int, int, str]] = []
    model = train(settings_of(project), force=True, progress=lambda *step: steps.append(step))
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1] > 10
    assert {"WhitespaceTokenizer", "RulePolicy"} <= {name for _, _, name in steps}
    assert package.check(model, signing.verify_key(settings_of(project)), at_most=1 << 30).name == model.name
    assert not list((project / "models").glob("xiaoer-training-*"))


@pytest.mark.parametrize(
    ("path", "old", "new", "error", "message"),
    [
        ("config.yml", "- name: RegexEntityExtractor", "- name: DIETClassifier", NeedsTensorFlow, "DIETClassifier"),
        ("config.yml", "pipeline:", "pipeline: [", ConfigError, "config.yml: not YAML"),
        ("config.yml", "bot.engine.languages.ResponsesByLanguage", "no.Such", ConfigError, "importers[0]"),
        ("data/responses/zh.yml", "  utter_happy:", "  utter_glad:", ConfigError, "zh.yml: utter_happy is missing"),
        ("data/responses/zh.yml", "responses:", "answers:", ConfigError, "zh.yml: expected `responses:`"),
        ("data/rules.yml", "- rule: greet", "- rule: greet\n  nonsense: 1", ModelError, ""),
        ("data/rules.yml", "  - intent: greet", "  - intent: greet\n  - slot_was_set: [nope: 1]", ConfigError, "nope"),
        ("domain.yml", "intents: [greet,", "intents: [[greet,", (ConfigError, ModelError), "domain.yml"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_files_is_said(  # noqa: PLR0917
    project: Path, path: str, old: str, new: str, error: type[Exception], message: str
):
    text = (project / path).read_text(encoding="utf-8")
    assert old in text
    (project / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(error) as refused:
        train(settings_of(project))
    assert message in str(refused.value)
    assert [each.suffix for each in (project / "models").iterdir()].count(".gz") == 1


def test_a_failed_training_leaves_the_old_model_the_newest(project: Path):
    model = the_model(project)
    (project / "domain.yml").write_text("intents: [")
    with pytest.raises((ConfigError, ModelError)):
        train(settings_of(project), force=True)
    assert Shelf(settings_of(project)).newest() == model


# Swapping


def another_model(project: Path, name: str = "zz-next.tar.gz", *, later_s: float = 10) -> Path:
    """A copy of the model, signed as made so much later than now."""
    model = project / "models" / name
    shutil.copyfile(the_model(project), model)
    signing.sign(model, signing.signing_key(settings_of(project)), made=time.time() + later_s)
    return model


async def test_a_turn_ends_with_the_engine_it_began_with(project: Path, talk: Callable[..., Talk]):
    models = await Models.load(settings_of(project), the_model(project))
    old, path = models.current, another_model(project)
    async with models.using() as engine:
        swap = asyncio.create_task(models.swap(path))
        while models.current is old:
            await asyncio.sleep(0.01)
        assert not swap.done(), "the turn in flight is waited for"
        assert engine is old
        assert await talk(engine=engine).texts("hello") == ["Hey! How are you?"]
        async with models.using() as next_engine:
            assert next_engine.model.path == path
    assert await swap is models.current
    assert await talk(engine=models.current).texts("hello") == ["Hey! How are you?"]


async def test_a_refused_model_leaves_the_old_one_in_use(project: Path):
    models = await Models.load(settings_of(project))
    old, bad = models.current, another_model(project)
    signing.signature_of(bad).unlink()
    with pytest.raises(UnsignedModel):
        await models.swap(bad)
    assert models.current is old
    assert not await models.look()
    assert not await models.look(), "it is refused once, and not read again"


async def test_a_newer_model_in_the_folder_is_found(project: Path):
    models = await Models.load(settings_of(project))
    assert not await models.look()
    path = another_model(project)
    assert await models.look()
    assert models.current.model.path == path


OWN = """
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class Own(WhitespaceTokenizer): ...
"""


async def test_a_model_that_other_code_made_is_not_swapped_in(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(project)
    (project / "own_parts").mkdir()
    (project / "own_parts" / "__init__.py").write_text("")
    (project / "own_parts" / "own.py").write_text(OWN)
    config = (project / "config.yml").read_text()
    (project / "config.yml").write_text(config.replace("name: WhitespaceTokenizer", "name: own_parts.own.Own"))
    settings = settings_of(project)
    models = await Models.load(settings, train(settings))
    old = models.current
    assert [name for name in projects.code(project) if "." in name or "_" in name] == ["own_parts"]

    with (project / "own_parts" / "own.py").open("a") as file:
        file.write("# another way to write things down\n")
    made = train(settings)
    assert made != old.model.path
    with pytest.raises(ModelError, match=r"made by other code than this process runs \(own_parts\)"):
        await models.swap(made)
    assert not await models.look()
    assert models.current is old

    (project / "own_parts" / "own.py").write_text(OWN)
    back = train(settings, force=True)
    assert await models.look(), "the same code, so the same writing"
    assert models.current.model.path == back


async def test_whatever_is_wrong_with_a_newer_model_the_old_one_goes_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, talk: Callable[..., Talk]
):
    models = await Models.load(settings_of(project))
    old, newer = models.current, another_model(project)
    with monkeypatch.context() as broken:
        broken.setattr(DirectGraphRunner, "create", lambda *_: [].no_such)
        assert not await models.look()
    assert models.current is old
    assert await talk(engine=models.current).texts("hello") == ["Hey! How are you?"]
    assert not await models.look(), f"{newer.name} was refused for good"


async def test_a_model_that_does_not_say_which_code_made_it_is_not_swapped_in(project: Path):
    models = await Models.load(settings_of(project))
    bare = project / "models" / "bare.tar.gz"
    with tarfile.open(the_model(project)) as made, tarfile.open(bare, "w:gz") as copy:
        for member in made:
            if package.MADE_BY not in member.name:
                copy.addfile(member, made.extractfile(member) if member.isfile() else None)
    signing.sign(bare, signing.signing_key(settings_of(project)), made=time.time() + 10)
    with pytest.raises(ModelError, match="does not say which code made it"):
        await models.swap(bare)
    assert (await Models.load(settings_of(project), bare)).current.model.path == bare, "but one may start with it"


async def test_swapping_lets_the_old_model_go(project: Path):
    models = await Models.load(settings_of(project))
    path = the_model(project)
    gone = [weakref.ref(models.current.model)]
    gone += [weakref.ref((await models.swap(path)).model) for _ in range(3)]
    gc.collect()
    assert [ref() is None for ref in gone] == [True, True, True, False]


@pytest.mark.slow
async def test_fifty_swaps_do_not_grow_memory(project: Path, talk: Callable[..., Talk]):
    """At most 5 % above what it was after the first few."""
    models = await Models.load(settings_of(project))
    path = the_model(project)

    async def swap_and_talk(times: int) -> int:
        for _ in range(times):
            ann = talk(engine=await models.swap(path))
            for text in ("hello", "super sad", "no"):
                await ann.say(text)
        return resident_kb()

    start = await swap_and_talk(10)
    assert await swap_and_talk(40) < start * 1.05


def resident_kb() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0])
