"""The tests' own surroundings: what a test writes stays in it, and nothing leaves this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from supplyhub.db import db, transaction

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import scoped_session

WRITE = text("INSERT INTO outbox (topic, payload) VALUES (:topic, '{}')")
COUNT = text("SELECT count(*) FROM outbox")


@pytest.mark.parametrize("time", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(database: scoped_session[Any], time: int) -> None:
    assert db.session.scalar(COUNT) == 0
    with transaction():
        db.session.execute(WRITE, {"topic": "one"})
    db.session.execute(WRITE, {"topic": "two"})
    db.session.commit()
    db.session.rollback()
    assert db.session.scalar(COUNT) == 2


def test_a_failed_command_undoes_only_itself(database: scoped_session[Any]) -> None:
    with transaction():
        db.session.execute(WRITE, {"topic": "kept"})
    with pytest.raises(ProgrammingError, match="no_such_table"):
        write_and_fail()
    assert db.session.scalar(COUNT) == 1


def write_and_fail() -> None:
    with transaction():
        db.session.execute(WRITE, {"topic": "lost"})
        db.session.execute(text("SELECT * FROM no_such_table"))


@pytest.mark.parametrize("time", [1, 2])
def test_real_commits_are_seen_by_others_and_deleted_afterwards(committed: Flask, admin_url: str, time: int) -> None:
    with transaction():
        db.session.execute(WRITE, {"topic": "one"})
    with psycopg.connect(admin_url) as other:
        assert other.execute("SELECT count(*) FROM outbox").fetchone() == (1,)


def test_the_application_role_defines_no_tables(database: scoped_session[Any]) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(text("CREATE TABLE sneaky (id int)"))


@pytest.mark.parametrize("time", [1, 2])
def test_the_queue_starts_empty(redis_url: str, time: int) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.dbsize() == 0
        connection.set("left", "behind")


def test_another_machine_is_out_of_reach() -> None:
    with pytest.raises(AssertionError, match="only this machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(AssertionError, match="only this machine"):
        socket.getaddrinfo("example.org", 80)
