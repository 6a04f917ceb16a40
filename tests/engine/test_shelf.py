"""`models/` as strangers, operators and accidents leave it: what is served is ours, whole, and the one meant."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.engine import folders, package, signing
from bot.engine.models import Models
from bot.engine.shelf import Shelf, in_use
from bot.engine.training import train
from bot.errors import ConfigError, ModelError, StoreDown, UnsignedModel
from bot.settings import ModelSettings, Settings
from tests.engine.test_models import another_model, settings_of, the_model

ROOT = Path(__file__).parents[2]
PLENTY = 1 << 30


def key_of(project: Path) -> signing.Ed25519PublicKey:
    return signing.verify_key(settings_of(project))


def refusals(logs: list[dict[str, str]]) -> dict[str, str]:
    return {entry["model"]: entry["reason"] for entry in logs if entry["event"] == "model.refused"}


# What is loaded at start


async def test_a_file_of_a_stranger_keeps_nobody_from_starting(project: Path):
    """However new it looks: the newest that our key signed is loaded, and what was refused is said."""
    stranger = project / "models" / "99991231-235959-ffffffffffff.tar.gz"
    shutil.copyfile(the_model(project), stranger)
    os.utime(stranger, (2e9, 2e9))
    with capture_logs() as logs:
        models = await Models.load(settings_of(project))
    assert models.current.model.path == the_model(project)
    assert "not signed" in refusals(logs)[stranger.name]


async def test_a_signed_package_that_was_changed_gives_way_to_the_next(project: Path):
    newest = another_model(project)
    with newest.open("r+b") as file:
        file.seek(1000)
        file.write(b"changed!")
    with capture_logs() as logs:
        models = await Models.load(settings_of(project))
    assert models.current.model.path == the_model(project)
    assert "signature does not match" in refusals(logs)[newest.name]


async def test_where_nothing_is_left_every_reason_is_said(project: Path):
    signing.signature_of(the_model(project)).unlink()
    (project / "models" / "other.tar.gz").write_bytes(b"x")
    with pytest.raises(ModelError) as refused:
        await Models.load(settings_of(project))
    assert str(refused.value).count("not signed") == 2


async def test_renamed_or_touched_an_old_package_is_no_newer(project: Path):
    old, newest = the_model(project), another_model(project)
    os.utime(old, (2e9, 2e9))
    renamed = project / "models" / "99991231-235959-ffffffffffff.tar.gz"
    shutil.copyfile(old, renamed)
    shutil.copyfile(signing.signature_of(old), signing.signature_of(renamed))
    with capture_logs() as logs:
        models = await Models.load(settings_of(project))
    assert models.current.model.path == newest
    assert f"signed as {old.name}" in refusals(logs)[renamed.name]
    with pytest.raises(UnsignedModel, match="signed as"):
        await Models.load(settings_of(project), renamed)


def test_a_signature_of_the_old_kind_is_refused_with_what_to_do(project: Path):
    model = the_model(project)
    signing.signature_of(model).write_text("kZ3l" * 22 + "\n")
    with pytest.raises(UnsignedModel, match=f"xiaoer model sign .*{model.name}"):
        package.check(model, key_of(project), at_most=PLENTY)


def test_every_word_of_the_statement_is_signed(project: Path):
    model = the_model(project)
    said = signing.signature_of(model).read_text()
    statement = signing.statement_of(model, key_of(project))
    for old, new in (
        (f"{statement.made}", f"{statement.made + 1}"),
        (statement.sha256, "0" * 64),
        (f"{statement.size}", "1"),
        ("xiaoer-model-v2", "xiaoer-model-v3"),
    ):
        assert old in said
        signing.signature_of(model).write_text(said.replace(old, new))
        with pytest.raises(UnsignedModel, match="does not match"):
            signing.statement_of(model, key_of(project))


# What is read, copied and unpacked


@pytest.mark.parametrize("size", [3 << 30, 10])
def test_no_byte_is_read_of_what_our_key_did_not_sign(project: Path, size: int):
    model = the_model(project)
    foreign = project / "models" / "foreign.tar.gz"
    with foreign.open("wb") as file:
        file.truncate(size)
    shutil.copyfile(signing.signature_of(model), signing.signature_of(foreign))
    copy = io.BytesIO()
    with pytest.raises(UnsignedModel):
        package.check(foreign, key_of(project), at_most=4 << 30, copy=copy)
    with model.open("r+b") as file:
        file.truncate(size)
    with pytest.raises(UnsignedModel, match="changed after"):
        package.check(model, key_of(project), at_most=4 << 30, copy=copy)
    assert copy.getvalue() == b""


def test_a_package_above_the_bound_is_not_read_either(project: Path):
    copy = io.BytesIO()
    with pytest.raises(ModelError, match=r"model\.max_mb"):
        package.check(the_model(project), key_of(project), at_most=1000, copy=copy)
    assert copy.getvalue() == b""


def test_a_pipe_or_a_folder_that_is_called_a_model_is_not_waited_for(project: Path):
    pipe, folder = project / "models" / "pipe.tar.gz", project / "models" / "folder.tar.gz"
    os.mkfifo(pipe)
    folder.mkdir()
    with pytest.raises(UnsignedModel, match="not signed"):
        signing.statement_of(pipe, key_of(project))
    for path in (pipe, folder):
        with pytest.raises(ModelError, match="not a file"):
            package.check(path, key_of(project), at_most=PLENTY)
        shutil.copytree(folder, signing.signature_of(folder), dirs_exist_ok=True)
    os.mkfifo(signing.signature_of(pipe))
    for path in (pipe, folder):
        with pytest.raises(ModelError, match="not a file"):
            signing.statement_of(path, key_of(project))


def test_what_is_unpacked_is_what_was_checked_whatever_happens_to_the_file_meanwhile(project: Path, tmp_path: Path):
    model = the_model(project)
    copy = package.verified_copy(model, key_of(project), tmp_path, at_most=PLENTY)
    with tarfile.open(model, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("evil"), io.BytesIO())
    (tmp_path / "unpacked").mkdir()
    package.unpack(copy, tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "metadata.json").is_file()
    assert not (tmp_path / "unpacked" / "evil").exists()


def member(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


EVIL = {
    "leads up": [member("../evil")],
    "leads up from inside": [member("components/../../evil")],
    "is absolute": [member("/tmp/xiaoer-evil")],  # noqa: S108
    "is a folder outside": [member("../evil", tarfile.DIRTYPE)],
    "is a link": [member("components", tarfile.SYMTYPE, link="/etc")],
    "is a link to write through": [member("x", tarfile.SYMTYPE, link=".."), member("x/evil")],
    "is a hard link": [member("passwd", tarfile.LNKTYPE, link="/etc/passwd")],
    "is a pipe": [member("pipe", tarfile.FIFOTYPE)],
    "is a device": [member("null", tarfile.CHRTYPE)],
    "is there twice": [member("a"), member("a")],
    "is a file and a folder": [member("a"), member("a/b")],
    "is a bomb": [member("zeros", size=100 << 20)],
    "are too many": [member(f"f{n}") for n in range(package.MOST_FILES + 2)],
}


@pytest.mark.parametrize("members", EVIL.values(), ids=EVIL)
async def test_a_package_that_does_harm_when_unpacked_is_refused_even_if_we_signed_it(
    project: Path, tmp_path: Path, members: list[tarfile.TarInfo]
):
    model = project / "models" / "evil.tar.gz"
    with tarfile.open(model, "w:gz", compresslevel=1) as tar:
        for each in members:
            tar.addfile(each, io.BytesIO(bytes(each.size)))
    signing.sign(model, signing.signing_key(settings_of(project)), made=time.time() + 10)
    folder = tmp_path / "here" / "unpacked"
    folder.mkdir(parents=True)
    with pytest.raises(ModelError, match=r"evil\.tar\.gz|model package"):
        package.unpack(model, folder)
    assert [each.name for each in (tmp_path / "here").iterdir()] == ["unpacked"]
    assert not Path("/tmp/xiaoer-evil").exists()  # noqa: S108
    models = await Models.load(settings_of(project))
    assert models.current.model.path == the_model(project)


# Temporary folders


def test_folders_of_the_killed_are_cleared_out_and_those_in_use_are_not(tmp_path: Path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom bot.engine import folders\n"
        "with folders.temporary('model', within=Path(sys.argv[1])) as folder:\n"
        "    (folder / 'package').write_text('x')\n    print(folder, flush=True)\n    time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    (tmp_path / "xiaoer-model-being-made").mkdir()
    (tmp_path / "xiaoer-other-kind").mkdir()
    assert folders.sweep("model", within=tmp_path) == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert folders.sweep("model", within=tmp_path) == [folder.parent]
    assert not folder.parent.exists()
    later = time.time() + 3600
    assert [each.name for each in folders.sweep("model", within=tmp_path, now=later)] == ["xiaoer-model-being-made"]
    assert (tmp_path / "xiaoer-other-kind").exists()


def test_a_folder_ends_with_its_use(tmp_path: Path):
    with folders.temporary("model", within=tmp_path) as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


# Pinning and pruning


async def test_a_pinned_model_is_served_until_it_is_let_go(project: Path):
    shelf = Shelf(settings_of(project))
    old, newest = the_model(project), another_model(project)
    models = await Models.load(settings_of(project))
    assert models.current.model.path == newest
    shelf.pin(old)
    assert await models.look()
    assert models.current.model.path == old
    another_model(project, "newer-still.tar.gz", later_s=20)
    assert not await models.look()
    assert (await Models.load(settings_of(project))).current.model.path == old
    shelf.pin(None)
    assert await models.look()
    assert models.current.model.path.name == "newer-still.tar.gz"


async def test_a_pin_that_cannot_be_served_is_said_and_takes_nothing_down(project: Path):
    shelf, model = Shelf(settings_of(project)), the_model(project)
    for wrong in ("nothing.tar.gz", "../../etc/passwd"):
        with pytest.raises(ModelError, match="no such model; in models/:"):
            shelf.pin(Path(wrong))
    bad = another_model(project)
    signing.signature_of(bad).unlink()
    with pytest.raises(UnsignedModel):
        shelf.pin(bad)
    (project / "models" / "pinned").write_text("gone.tar.gz\n")
    with capture_logs() as logs:
        models = await Models.load(settings_of(project))
    assert models.current.model.path == model
    assert "no such model" in refusals(logs)["gone.tar.gz"]
    assert not await models.look()


async def test_of_old_models_so_many_stay_and_what_is_pinned_in_use_or_not_ours(project: Path):
    shelf, first = Shelf(settings_of(project)), the_model(project)
    made = [another_model(project, f"m{n}.tar.gz", later_s=n) for n in range(1, 6)]
    foreign = project / "models" / "foreign.tar.gz"
    foreign.write_bytes(b"x")
    shelf.pin(made[0])
    models = await Models.load(settings_of(project))
    shelf.pin(first)
    assert models.current.model.path == made[0]
    with in_use(made[1]):
        assert shelf.prune(keep=2) == [made[2]]
    assert shelf.prune(keep=2) == [made[1]]
    assert set(shelf.packages()) == {first, made[0], made[3], made[4], foreign}
    assert not signing.signature_of(made[2]).exists()
    assert shelf.prune(keep=0) == []


def test_training_keeps_the_folder_small(project: Path):
    settings = settings_of(project).model_copy(update={"model": ModelSettings(keep=2)})
    for n in range(3):
        another_model(project, f"m{n}.tar.gz", later_s=-100 + n)
    old = the_model(project)
    made = train(settings, force=True)
    assert {each.path for each in Shelf(settings).sorted()[0]} == {made, old}
    assert len(Shelf(settings).packages()) == 2


class Trail:
    """Stands for the audit trail: what it was given; `down` as often as it says."""

    def __init__(self, down: int = 0) -> None:
        self.lines: list[tuple[str, str, str, dict[str, str]]] = []
        self.down = down
        self.full = asyncio.Event()

    async def record(self, event: str, *, actor: str, subject: str = "", **fields: str) -> None:
        if self.down:
            self.down -= 1
            raise StoreDown("Redis", retry_after_s=1)
        self.lines.append((event, actor, subject, fields))
        self.full.set()


async def test_what_becomes_of_models_goes_into_the_audit_trail(project: Path, monkeypatch: pytest.MonkeyPatch):
    """Also what happened before there was one to write to, and while Redis was away."""
    monkeypatch.setattr("bot.engine.models.LOOK_EVERY_S", 0.01)
    foreign = project / "models" / "foreign.tar.gz"
    foreign.write_bytes(b"x")
    models, trail = await Models.load(settings_of(project)), Trail(down=2)
    following = asyncio.create_task(models.follow(trail.record, actor="worker:w1"))
    await trail.full.wait()
    ((event, actor, subject, fields),) = trail.lines
    assert (event, actor, subject) == ("model.refused", "worker:w1", "model:foreign.tar.gz")
    assert "not signed" in fields["reason"]
    trail.full.clear()
    newer = another_model(project)
    await trail.full.wait()
    following.cancel()
    assert trail.lines[1:] == [
        ("model.swapped", "worker:w1", f"model:{newer.name}", {"before": the_model(project).name})
    ]


# Actions


async def test_a_model_whose_actions_are_not_here_is_not_served(project: Path):
    """Not found out in the middle of a customer's turn, as while machines are updated one by one."""
    settings, old = settings_of(project), the_model(project)
    models = await Models.load(settings)
    domain = project / "domain.yml"
    text = domain.read_text()
    assert "actions: [" in text
    domain.write_text(text.replace("actions: [", "actions: [action_of_tomorrow, "))
    made = train(settings)
    assert made != old
    with capture_logs() as logs:
        assert not await models.look()
        assert (await Models.load(settings)).current.model.path == old
    assert models.current.model.path == old
    assert "action_of_tomorrow" in refusals(logs)[made.name]


# The command


def model_command(folder: Path, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "bot", "--project", str(folder), "model", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=clean | env, capture_output=True, text=True, check=False)


def test_signing_needs_the_signing_key_and_nothing_else(project: Path, tmp_path: Path):
    private, public = signing.make_keys(tmp_path / "keys")
    model = Path(shutil.copy(the_model(project), tmp_path))
    (tmp_path / "endpoints.yml").write_text("nonsense: [")
    refused = model_command(tmp_path, "sign", model)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "XIAOER_SIGNING_KEY: not set" in refused.stderr
    done = model_command(tmp_path, "sign", model, XIAOER_SIGNING_KEY_FILE=str(private))
    assert (done.returncode, done.stderr) == (0, "")
    key = signing.verify_key(Settings.load(project, {"XIAOER_VERIFY_KEY_FILE": str(public)}))
    statement = package.check(model, key, at_most=PLENTY)
    assert statement.made == pytest.approx(package.trained_at(model), abs=0.01), "an old one is not made new by it"
    (tmp_path / "no.tar.gz").write_bytes(b"no model")
    nothing = model_command(tmp_path, "sign", tmp_path / "no.tar.gz", XIAOER_SIGNING_KEY_FILE=str(private))
    assert nothing.returncode == 1 and "not a model package" in nothing.stderr


def test_models_are_listed_pinned_and_pruned(project: Path):
    old, newest = the_model(project), another_model(project)
    (project / "models" / "foreign.tar.gz").write_bytes(b"x")
    listed = model_command(project, "list").stdout.splitlines()
    assert "refused   foreign.tar.gz: " in listed[0]
    assert listed[1].endswith(old.name) and listed[2].endswith(f"{newest.name}  <- newest")
    assert model_command(project, "use", old.name).returncode == 0
    assert any(line.endswith(f"{old.name}  <- pinned") for line in model_command(project, "list").stdout.splitlines())
    assert model_command(project, "prune", "--keep", "1").stdout == ""
    assert model_command(project, "use", "--newest").returncode == 0
    assert model_command(project, "prune", "--keep", "1").stdout == f"deleted {old.name}\n"
    assert "no such model" in model_command(project, "use", "../x").stderr


def test_a_key_for_one_thing_alone_may_be_a_file_of_others(tmp_path: Path):
    key = tmp_path / "key"
    key.write_text("x")
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Settings.only_secret("signing_key", {"XIAOER_SIGNING_KEY_FILE": str(key)})


SAFE = {".json", ".npz", ".npy", ".yml", ".tsv", ".txt", ".skops", ".safetensors"}


def test_a_model_holds_no_pickles(project: Path):
    with tarfile.open(the_model(project)) as tar:
        assert {Path(each.name).suffix for each in tar if each.isreg()} <= SAFE
