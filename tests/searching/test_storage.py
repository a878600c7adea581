"""Hosts that share a study of a database and nothing else: each has a folder of its own."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from io import FileIO
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

import netlang
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.searching.methods.method import SearchPlan
from netlang.searching.processes import Order
from netlang.searching.processes import main as process
from netlang.searching.question import Identity
from netlang.searching.shared.claims import Claim
from netlang.searching.shared.database import Database
from netlang.searching.shared.ledger import StudyLedger
from netlang.searching.shared.sharing import SearchPlace
from netlang.searching.shared.study import StudySharing
from netlang.searching.trial import Job
from netlang.targets import Trained, training_backend
from netlang.targets.options import RunOptions
from tests.cli.support import Runner
from tests.searching.test_search import SPEC, facts_of, search, table

URL = "sqlite:///trials.db"
SHARED = ("--storage", URL, "--resume")
PLANS = {
    "random": ("--trials", "4"),
    "coarse-to-fine": ("--trials", "5"),
    "halving": ("--trials", "5", "--eta", "2"),
    "tpe": ("--trials", "5", "--round", "2"),
    "cmaes": ("--trials", "5", "--round", "2"),
}


@pytest.fixture
def host(run: Runner) -> Runner:
    (run.folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    return run


@pytest.fixture(autouse=True, scope="module")
def _unflushed() -> Iterator[None]:
    """What SQLite writes needn't outlive the machine."""

    def connected(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", connected)
    yield
    event.remove(Engine, "connect", connected)


class Trainer:
    """What trains in place of a net: scores follow from the recipe and the share of its steps."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.stop_at: int | None = None

    def __call__(self, recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        options.folder.mkdir(exist_ok=True)
        if len(self.made) == self.stop_at:
            return Trained(options.folder, signal.SIGTERM, {})
        self.made.append(f"{options.folder.name} {options.share:.3f}")
        loss = abs(recipe.optimizer.lr - 0.1) + 0.01 / options.share
        return Trained(options.folder, None, {"validation loss": loss})


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    monkeypatch.setattr(type(training_backend()), "train", lambda _, *given: trainer(*given))
    return trainer


@pytest.fixture
def aged(host: Runner, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of hosts; in each, all signs of life become old."""
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        sql(host.folder, "UPDATE trial_heartbeats SET heartbeat = '2000-01-01 00:00:00'")

    monkeypatch.setattr(time, "sleep", sleep)
    return paused


def sql(folder: Path, *statements: str) -> None:
    """Edit the database as anyone can."""
    with closing(sqlite3.connect(folder / "trials.db")) as database:
        for each in statements:
            assert database.execute(each).rowcount
        database.commit()


def ledger() -> StudyLedger:
    return StudyLedger(URL, "tiny-search")


@pytest.mark.parametrize(
    "method",
    [
        name if name in ("halving", "tpe") else pytest.param(name, marks=pytest.mark.slow)
        for name in PLANS
    ],
)
def test_hosts_make_the_trials_of_one(host: Runner, trainer: Trainer, method: str) -> None:
    """None twice, whoever makes which, and a host that was stopped finds all of them."""
    words = ("--method", method, *PLANS[method], "--quiet")
    search(host, "alone", *words)
    alone, trainer.made = trainer.made, []
    trainer.stop_at = 2
    stopped = host("search", "tiny.net:tiny", "--out", "one", *SHARED, *words)
    assert stopped.status == 128 + signal.SIGTERM
    trainer.stop_at = len(alone) - 1
    assert host("search", "tiny.net:tiny", "--out", "two", *SHARED, *words).status
    trainer.stop_at = None
    found = [search(host, name, *SHARED, *words).out for name in ("one", "two")]
    assert sorted(trainer.made) == sorted(alone)
    assert table(host, "one") == table(host, "two") == table(host, "alone")
    # The best trial's run is on one of them, and the other one says where.
    assert sum("its run with the weights is on " in said for said in found) == 1


def test_a_host_without_the_checkpoint_begins_again(host: Runner) -> None:
    """The trials that go on at later stages are then the same, to the last digit."""
    words = ("--method", "halving", "--trials", "4", "--eta", "2", "--quiet")
    search(host, "one", *SHARED, *words)
    later = "SELECT trial_id FROM trial_user_attributes WHERE value_json GLOB '*stage?\":[12]*'"
    sql(host.folder, f"DELETE FROM trials WHERE trial_id IN ({later})")
    search(host, "two", *SHARED, *words)
    assert table(host, "one") == table(host, "two")
    assert [each.name for each in (host.folder / "two").glob("trial-*")] != []
    best = facts_of(host, "two")[0]
    assert (best["stage"], "host" in best) == (2, False)


@pytest.mark.parametrize("heard", [True, False])
def test_others_take_up_what_a_dead_host_was_at(
    host: Runner, trainer: Trainer, aged: list[float], heard: bool
) -> None:
    """Also if it died before its first sign of life."""
    search(host, "alone", "--trials", "3", "--quiet")
    search(host, "one", *SHARED, "--trials", "2", "--quiet")
    dead = ledger()
    number = dead.add(Claim(2, 0, "dead", "elsewhere", "folder"))
    if heard:
        assert dead.begin_beating(number)
    said = search(host, "one", *SHARED, "--trials", "3")
    told = [line.partition(": ")[0] for line in said.err.splitlines()]
    assert told == ["waiting for others, who are at trial 2", "trial 2 of 3"]
    assert aged
    assert table(host, "one") == table(host, "alone")
    # It wasn't dead: what it ends with now changes nothing.
    assert not dead.begin_beating(number)
    dead.end(number, next(iter(StudySharing(place("one"), URL).results().values())))
    assert host("search", "tiny.net:tiny", "--out", "one", *SHARED, "--trials", "3").status == 0


def test_a_host_takes_up_its_own_at_once(
    host: Runner, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its locks say which of its processes are dead, so it needn't wait."""
    search(host, "one", *SHARED, "--trials", "1", "--quiet")
    sharing = StudySharing(place("one"), URL)
    sharing.ledger.add(Claim(1, 0, sharing._owner, "here", "folder"))
    monkeypatch.setattr(StudySharing, "wait", None)
    search(host, "one", *SHARED, "--trials", "2", "--quiet")
    assert len(ledger().entries()) == 2


def test_the_first_of_several_claims_counts(host: Runner, trainer: Trainer) -> None:
    """Of hosts that claim a trial at the same moment, one makes it."""
    for name in ("one", "two", "three"):
        search(host, name, *SHARED, "--trials", "1", "--quiet")
    first, second = (StudySharing(place(name), URL) for name in ("one", "two"))
    plain = StudyLedger.add

    def add(self: StudyLedger, claim: Claim) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StudyLedger, "add", plain)
            others.append(enter.enter_context(second.claimed(job)))
        return plain(self, claim)

    others: list[bool] = []
    job = Job(1)
    with ExitStack() as enter, pytest.MonkeyPatch.context() as patch:
        first.results()
        patch.setattr(StudyLedger, "add", add)
        with first.claimed(job) as is_ours:
            assert (is_ours, others) == (False, [True])
        patch.undo()
        first.results()
        with first.claimed(job) as is_ours:
            assert not is_ours
    # The second one ended without a result: then the job is free.
    first.results()
    with first.claimed(job) as is_ours:
        assert is_ours


def test_a_process_carries_out_its_order(host: Runner, trainer: Trainer) -> None:
    search(host, "one", *SHARED, "--trials", "2", "--quiet")
    sql(host.folder, "DELETE FROM trials WHERE number = 1")
    order = Order("tiny.net:tiny", (), place("one"), {}, "cpu", None)
    (host.folder / "order").write_bytes(msgspec.json.encode(order))
    with FileIO(str(host.folder / "order")) as told:
        assert process(told) == 0
    assert trainer.made[2:] == ["trial-1 1.000"]


def test_another_question_is_refused(host: Runner, trainer: Trainer) -> None:
    words = ("--storage", URL, "--trials", "2", "--quiet")
    search(host, "one", *words)
    for out in ("one", "two"):
        assert "E0838" in host.refused("search", "tiny.net:tiny", "--out", out, *words)
    other = host.folder / "other.net"
    other.write_text(SPEC.replace("steps:      4", "steps:      5"), encoding="utf-8")
    for more, why in (
        (("tiny.net:tiny", "--seed", "3"), "seed 0 became 3"),
        (("tiny.net:tiny", "--method", "halving"), "method random became halving"),
        (("tiny.net:tiny", "--trials", "1"), "trials 2 became 1"),
        (("tiny.net:tiny", "width=4"), "changes none became width=4"),
        (("other.net:tiny",), "its files have changed"),
    ):
        said = host.refused("search", "--out", "two", *words, "--resume", *more)
        assert f"the study `tiny-search` of `{URL}` is another search: {why}" in said
    assert not (host.folder / "two").exists()
    assert search(host, "two", *words, "--study", "mine", "--seed", "3").status == 0


def test_hosts_that_begin_at_once_with_different_questions(
    host: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None goes on, and the study is free again."""
    other = Identity("tiny", "", (), SearchPlan(trials=7))
    plain = StudyLedger.ask

    def ask(self: StudyLedger, owner: str, identity: Identity | None) -> None:
        if identity is not None:
            plain(self, "another", other)
        plain(self, owner, identity)

    monkeypatch.setattr(StudyLedger, "ask", ask)
    said = host.refused("search", "tiny.net:tiny", "--out", "one", "--storage", URL)
    assert "E0839" in said
    assert [*ledger().questions()] == ["another"]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE trial_user_attributes SET value_json = '\"{}\"' WHERE key = 'netlang claim'",
        "UPDATE trial_user_attributes SET value_json = 'nonsense' WHERE key = 'netlang claim'",
        "UPDATE trial_user_attributes SET value_json = '3' WHERE key = 'netlang result'",
        "UPDATE trial_user_attributes SET value_json = replace(value_json, ':0,', ':1,')"
        " WHERE key = 'netlang result'",
        "UPDATE trial_user_attributes SET value_json = replace(value_json, '{', '{\"a\":')"
        " WHERE key = 'netlang result'",
        "UPDATE trial_user_attributes SET value_json = replace(value_json, '\"trial', '\"t')",
        "UPDATE trial_user_attributes SET value_json = replace(value_json, ':0,', ':-1,')",
        "UPDATE study_user_attributes SET value_json = '\"[]\"'",
        "UPDATE trials SET state = 'EXPLODED'",
        "UPDATE trials SET state = 'WAITING'",
        "UPDATE trial_values SET value_type = 'INF_POS'",
        "DELETE FROM study_user_attributes",
    ],
)
def test_what_others_have_spoilt_is_refused(host: Runner, trainer: Trainer, edit: str) -> None:
    search(host, "one", *SHARED, "--trials", "1", "--quiet")
    sql(host.folder, edit)
    said = host.refused("search", "tiny.net:tiny", "--out", "two", *SHARED, "--trials", "1")
    assert f"error[E0840]: the study `tiny-search` of `{URL}` can't be read: " in said


def test_deleted_trials(host: Runner, trainer: Trainer) -> None:
    """Optuna counts its trials, so the next one would have a number for the second time."""
    search(host, "one", *SHARED, "--trials", "2", "--quiet")
    sql(host.folder, "DELETE FROM trials WHERE number = 0")
    said = host.refused("search", "tiny.net:tiny", "--out", "two", *SHARED, "--trials", "2")
    assert "E0840" in said
    assert "two trials have the same number: one was deleted" in said


def test_a_result_with_another_score(host: Runner, trainer: Trainer) -> None:
    search(host, "one", *SHARED, "--trials", "1", "--quiet")
    sql(
        host.folder,
        "UPDATE trial_user_attributes SET value_json = replace(value_json, 'validation', 'other')",
    )
    said = host.refused("search", "tiny.net:tiny", "--out", "two", *SHARED, "--trials", "1")
    assert "E0839" in said
    assert "trial 0 has no validation loss" in said


def test_scores_too_far_apart_for_a_difference(host: Runner, trainer: Trainer) -> None:
    """An accuracy that is none isn't drawn either."""
    search(host, "one", *SHARED, "--trials", "2", "--quiet")
    edit = "UPDATE trial_user_attributes SET value_json = replace(value_json, '{}', '{}')"
    loss, accuracy = '\\"validation loss\\":', '\\"validation accuracy\\":null,'
    sql(
        host.folder,
        edit.format(loss, f'{loss}1.7e308,{accuracy[:-1]},\\"other\\":'),
        f"{edit.format('1.7e308', '-1.7e308')} WHERE trial_id = 1",
    )
    said = search(host, "two", *SHARED, "--trials", "2", "--quiet")
    assert "the best is trial 0" in said.out


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are UTF-8")
def test_a_folder_whose_name_is_no_text(host: Runner, trainer: Trainer) -> None:
    search(host, "\udcff", *SHARED, "--trials", "1", "--quiet")
    said = search(host, "two", *SHARED, "--trials", "1", "--quiet")
    assert "\\xff/trial-0" in said.out
    (host.folder / "two" / "host.json").write_text('{"owner": ""}', encoding="utf-8")
    again = host.refused("search", "tiny.net:tiny", "--out", "two", *SHARED, "--trials", "1")
    assert "E0735" in again


def test_storages_that_cannot_be_used(host: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    (host.folder / "text.db").write_text("no database at all, but a text" * 99, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    for url, code, why in (
        ("nonsense", "E0836", "it is no URL of a database"),
        ("sqlite://", "E0836", "a database in memory"),
        ("sqlite:///file:name?mode=memory&uri=true", "E0836", "a database in memory"),
        ("sqlite:///trials.db?timeout=long", "E0836", "could not convert string to float"),
        ("sqlite:///trials.db?speed=9", "E0836", "its driver has no such option"),
        ("sqlite:///\udcff.db", "E0836", "it is no URL of a database"),
        ("oracle7://me:secret@there/name", "E0836", "oracle7"),
        ("sqlite:///text.db", "E0836", "file is not a database"),
        ("sqlite:///nowhere/at/all.db", "E0836", "unable to open database file"),
        ("mysql://me:s%40cret@there/name?ssl_key=secret", "E0837", "mysqlclient"),
    ):
        said = host.refused("search", "tiny.net:tiny", "--storage", url)
        assert code in said
        assert why in said
        assert "cret" not in said
    assert not (host.folder / "runs").exists()


def test_no_message_has_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the driver says."""
    url = "mysql://me:s%40cret@there/name?password=other"

    def refused(*given: object) -> None:
        raise OperationalError("", {}, Exception(f"no access with s@cret, s%40cret or {url}"))

    monkeypatch.setattr(Database, "_storage", refused)
    with pytest.raises(NetlangError) as error:
        Database(url)
    assert str(error.value).startswith(
        "error[E0836]: the storage `mysql://me:***@there/name` can't be used: no access with ***,"
    )
    assert "cret" not in str(error.value)
    assert "other" not in str(error.value)


def test_tables_of_another_release(host: Runner, trainer: Trainer) -> None:
    search(host, "one", *SHARED, "--trials", "1", "--quiet")
    sql(host.folder, "UPDATE alembic_version SET version_num = 'v9.9.9'")
    said = host.refused("search", "tiny.net:tiny", "--out", "two", *SHARED, "--trials", "1")
    assert "its tables are of another release of Optuna" in said


def test_a_study_needs_a_storage(host: Runner) -> None:
    done = host("search", "tiny.net:tiny", "--study", "mine")
    assert done.status == 2
    assert "`study` is the name of a study in a `storage`" in done.err
    done = host("search", "tiny.net:tiny", "--storage", URL, "--study", "\udcff")
    assert done.status == 2
    assert "`study` isn't text in UTF-8" in done.err


def test_from_python(host: Runner, trainer: Trainer) -> None:
    def searched(out: str) -> netlang.Search:
        return netlang.search(
            "tiny.net", trials=2, storage=URL, study="mine", out=out, resume=True, quiet=True
        )

    one, two = searched("one"), searched("two")
    assert one.best.host is None
    assert two.best.host is not None
    assert two.best.folder == one.best.folder.absolute()
    assert two.best.scores == one.best.scores
    assert len(trainer.made) == 2


def place(out: str) -> SearchPlace:
    return SearchPlace(out, URL, "tiny-search")
