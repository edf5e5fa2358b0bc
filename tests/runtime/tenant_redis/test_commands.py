"""The table of key positions against the server's own knowledge, and what is refused."""

import pytest
from redis.exceptions import ResponseError

from runtime.tenant_redis.client import _Names
from runtime.tenant_redis.commands import KEYS_OF, PATTERNS, RedisCommandRefusedError, confine

SAMPLES = {
    "BITOP": ["AND", "k1", "k2", "k3"],
    "BLMPOP": ["0", "2", "k1", "k2", "LEFT"],
    "BZMPOP": ["0", "2", "k1", "k2", "MIN"],
    "LMPOP": ["2", "k1", "k2", "LEFT", "COUNT", "2"],
    "ZMPOP": ["1", "k1", "MIN"],
    "SINTERCARD": ["2", "k1", "k2", "LIMIT", "3"],
    "ZDIFF": ["2", "k1", "k2", "WITHSCORES"],
    "ZINTER": ["2", "k1", "k2", "WEIGHTS", "1", "2"],
    "ZINTERCARD": ["2", "k1", "k2"],
    "ZUNION": ["2", "k1", "k2"],
    "ZDIFFSTORE": ["k0", "2", "k1", "k2"],
    "ZINTERSTORE": ["k0", "2", "k1", "k2", "AGGREGATE", "MAX"],
    "ZUNIONSTORE": ["k0", "1", "k1"],
    "XREAD": ["COUNT", "2", "BLOCK", "1", "STREAMS", "k1", "k2", "0", "0"],
    "XREADGROUP": ["GROUP", "STREAMS", "STREAMS", "COUNT", "1", "NOACK", "STREAMS", "k1", ">"],
    "BLPOP": ["k1", "k2", "0"],
    "BRPOP": ["k1", "0"],
    "BZPOPMAX": ["k1", "k2", "0"],
    "BZPOPMIN": ["k1", "0"],
    "MSET": ["k1", "v1", "k2", "v2"],
    "MSETNX": ["k1", "v1"],
    "COPY": ["k1", "k2", "REPLACE"],
    "PFMERGE": ["k1", "k2", "k3"],
}
# Channels, which the server does not count as keys of a command.
CHANNELS = {"PUBLISH", "SPUBLISH"}
KEYLESS = {"ECHO", "PING", "TIME", "UNWATCH"}


def _sample(name, arity):
    if name in SAMPLES:
        return SAMPLES[name]
    return [f"k{number}" for number in range(1, max(abs(arity) - len(name.split()), 1) + 1)]


@pytest.mark.parametrize("name", sorted(set(KEYS_OF) - CHANNELS - KEYLESS))
async def test_the_keys_are_where_the_server_finds_them(server, name):
    found = await server.execute_command("COMMAND INFO", name.replace(" ", "|"))
    known = next(iter(found.values()), None) if isinstance(found, dict) else found[0]
    if known is None:
        pytest.skip("this server does not have the command")
    arity = known["arity"] if isinstance(known, dict) else known[1]
    arguments = [name, *_sample(name, arity)]

    renamed = confine(arguments, lambda key: f"ours:{key}")
    expected = await server.execute_command("COMMAND GETKEYS", *name.split(), *arguments[1:])

    ours = [str(word).removeprefix("ours:") for word in renamed if str(word).startswith("ours:")]
    assert ours == [key if isinstance(key, str) else key.decode() for key in expected]


async def test_no_command_of_the_table_has_keys_that_a_table_cannot_tell(server):
    """``SORT`` and ``MIGRATE`` are such: the server itself says that their keys are not all in sight."""
    for name in set(KEYS_OF) - KEYLESS:
        flags = await server.execute_command("COMMAND INFO", name.replace(" ", "|"))
        assert "movablekeys" not in str(flags) or name in SAMPLES, name


@pytest.mark.parametrize(
    "command",
    [
        ("EVAL", "return redis.call('GET', 'other')", 0), ("EVALSHA", "ab" * 20, 1, "key"), ("FCALL", "f", 1, "key"),
        ("EVAL_RO", "return 1", 0), ("SCRIPT LOAD", "return 1"), ("SCRIPT FLUSH",), ("FUNCTION LOAD", "x"),
        ("SORT", "key"), ("SORT_RO", "key", "BY", "other_*"), ("GEORADIUS", "key"), ("MIGRATE", "h", 1, "key", 0, 1),
        ("FLUSHDB",), ("FLUSHALL",), ("CONFIG GET", "*"), ("ACL LIST",), ("CLIENT LIST",), ("SELECT", 1),
        ("SWAPDB", 0, 1), ("RANDOMKEY",), ("DBSIZE",), ("INFO",), ("MONITOR",), ("DEBUG", "SLEEP", 1), ("MOVE", "k", 1),
        ("OBJECT", "ENCODING", "key"), ("MEMORY USAGE", "key"), ("PUBSUB CHANNELS", "*"), ("SHUTDOWN",), ("AUTH", "x"),
        ("MULTI",), ("EXEC",), ("HELLO", 3), ("CLUSTER SLOTS",), ("JSON.GET", "key"), ("FT.SEARCH", "index", "*"),
        ("GET other",), ("get other:key",), ("NEW_COMMAND", "key"), ("",), (),
        ("ZUNION", "3", "k1", "k2"), ("ZUNION", "many", "k1"), ("XREAD", "COUNT", "1"), ("XREAD", "WHAT", "STREAMS"),
        ("KEYS",), ("SCAN", 0, "MATCH"), ("GET", None), ("GET", True), ("GET", ["k"]),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_to_the_tenants_keys_is_refused(command):
    with pytest.raises(RedisCommandRefusedError):
        confine(command, _Names("ours:").put)


@pytest.mark.parametrize("name", [b"get", "Get", "GET", b"GET"])
def test_a_command_is_known_however_it_is_written(name):
    assert confine([name, "key"], lambda key: f"ours:{key}")[1] == "ours:key"


def test_a_look_at_all_keys_is_a_look_at_the_tenants():
    rename = "ours:{}".format
    assert confine(["KEYS", "*"], rename) == ("KEYS", "ours:*")
    assert confine(["SCAN", 0], rename) == ("SCAN", 0, "MATCH", "ours:*")
    assert confine(["SCAN", 0, "match", "a*", "COUNT", 5], rename) == ("SCAN", 0, "match", "ours:a*", "COUNT", 5)
    assert confine(["SCAN", 0, "MATCH", "a", "MATCH", "b"], rename)[3::2] == ("ours:a", "ours:b")
    assert {"KEYS", "SCAN"} == PATTERNS


async def test_the_server_refuses_what_we_hand_on_wrongly(server):
    with pytest.raises(ResponseError):
        await server.execute_command("ZUNION", "-1", "k1")
