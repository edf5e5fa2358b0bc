"""Where the keys of a Redis command stand, and which parts of an answer are keys.

Only commands of this table are taken, so a new command, one of a module, or one whose keys cannot be told (``EVAL`` may
touch any key, ``SORT`` follows patterns, ``FLUSHDB`` needs none) is refused rather than let through. The positions are
those of the server's own ``COMMAND GETKEYS``, against which a test compares them.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from redis.asyncio.lock import Lock
from redis.exceptions import NoPermissionError

__all__ = ["ANSWERS_WITH_KEYS", "KEYS_OF", "PATTERNS", "RedisCommandRefusedError", "confine", "name_of"]

Arguments = Sequence[Any]
Positions = Callable[[Arguments], Iterable[int]]
Rename = Callable[[Any], Any]


class RedisCommandRefusedError(NoPermissionError):
    """``tenant.redis`` does not take this command, since it cannot keep it to the tenant's keys."""

    def __init__(self, name: str) -> None:
        super().__init__(f"tenant.redis does not take {name}: it cannot be kept to the keys of one tenant.")


def _between(first: int, last: int, step: int = 1) -> Positions:
    """Return positions as ``COMMAND`` gives them; a negative ``last`` counts from the end."""
    return lambda arguments: range(first, (last if last >= 0 else len(arguments) + last) + 1, step)


def _counted(at: int, *before: int) -> Positions:
    """Return the positions after a number of keys that stands at ``at``, and those of other keys ``before`` it."""

    def positions(arguments: Arguments) -> Iterable[int]:
        keys = range(at + 1, at + 1 + int(arguments[at]))
        if keys.stop > len(arguments):
            raise IndexError("fewer keys than their number says")
        return [*before, *keys]

    return positions


def _streams(arguments: Arguments) -> Iterable[int]:
    """Return the first half of what stands after ``STREAMS``; the names of group and consumer may be that word too."""
    at = 1
    while (word := name_of(arguments[at])) != "STREAMS":
        at += {"GROUP": 3, "COUNT": 2, "BLOCK": 2, "CLAIM": 2, "NOACK": 1}[word]
    return range(at + 1, at + 1 + (len(arguments) - at - 1) // 2)


_none = _between(1, 0)
_first, _two, _all, _all_but_last, _pairs = (
    _between(1, 1), _between(1, 2), _between(1, -1), _between(1, -2), _between(1, -1, 2)
)  # fmt: skip

KEYS_OF: dict[str, Positions] = {
    **dict.fromkeys(("ECHO", "PING", "TIME", "UNWATCH"), _none),
    **dict.fromkeys(
        (
            "APPEND", "BITCOUNT", "BITFIELD", "BITFIELD_RO", "BITPOS", "DECR", "DECRBY", "DUMP", "EXPIRE", "EXPIREAT",
            "EXPIRETIME", "GEOADD", "GEODIST", "GEOHASH", "GEOPOS", "GEOSEARCH", "GET", "GETBIT", "GETDEL", "GETEX",
            "GETRANGE", "GETSET", "HDEL", "HEXISTS", "HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGET", "HGETALL",
            "HGETDEL", "HGETEX", "HINCRBY", "HINCRBYFLOAT", "HKEYS", "HLEN", "HMGET", "HMSET", "HPERSIST", "HPEXPIRE",
            "HPEXPIREAT", "HPEXPIRETIME", "HPTTL", "HRANDFIELD", "HSCAN", "HSET", "HSETEX", "HSETNX", "HSTRLEN",
            "HTTL", "HVALS", "INCR", "INCRBY", "INCRBYFLOAT", "LINDEX", "LINSERT", "LLEN", "LPOP", "LPOS", "LPUSH",
            "LPUSHX", "LRANGE", "LREM", "LSET", "LTRIM", "PERSIST", "PEXPIRE", "PEXPIREAT", "PEXPIRETIME", "PFADD",
            "PSETEX", "PTTL", "RESTORE", "RPOP", "RPUSH", "RPUSHX", "SADD", "SCARD", "SET", "SETBIT", "SETEX",
            "SETNX", "SETRANGE", "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SPOP", "SRANDMEMBER", "SREM", "SSCAN",
            "STRLEN", "SUBSTR", "TTL", "TYPE", "XACK", "XADD", "XAUTOCLAIM", "XCLAIM", "XDEL", "XGROUP CREATE",
            "XGROUP CREATECONSUMER", "XGROUP DELCONSUMER", "XGROUP DESTROY", "XGROUP SETID", "XINFO CONSUMERS",
            "XINFO GROUPS", "XINFO STREAM", "XLEN", "XPENDING", "XRANGE", "XREVRANGE", "XTRIM", "ZADD", "ZCARD",
            "ZCOUNT", "ZINCRBY", "ZLEXCOUNT", "ZMSCORE", "ZPOPMAX", "ZPOPMIN", "ZRANDMEMBER", "ZRANGE",
            "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREM", "ZREMRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE",
            "ZREVRANGE", "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE",
        ),
        _first,
    ),
    **dict.fromkeys(
        (
            "BLMOVE", "BRPOPLPUSH", "COPY", "GEOSEARCHSTORE", "LCS", "LMOVE", "RENAME", "RENAMENX", "RPOPLPUSH",
            "SMOVE", "ZRANGESTORE",
        ),
        _two,
    ),
    **dict.fromkeys(
        (
            "DEL", "EXISTS", "MGET", "PFCOUNT", "PFMERGE", "SDIFF", "SDIFFSTORE", "SINTER", "SINTERSTORE", "SUNION",
            "SUNIONSTORE", "TOUCH", "UNLINK", "WATCH",
        ),
        _all,
    ),
    **dict.fromkeys(("BLPOP", "BRPOP", "BZPOPMAX", "BZPOPMIN"), _all_but_last),
    **dict.fromkeys(("MSET", "MSETNX"), _pairs),
    "BITOP": _between(2, -1),
    **dict.fromkeys(("LMPOP", "SINTERCARD", "ZDIFF", "ZINTER", "ZINTERCARD", "ZMPOP", "ZUNION"), _counted(1)),
    **dict.fromkeys(("BLMPOP", "BZMPOP"), _counted(2)),
    **dict.fromkeys(("ZDIFFSTORE", "ZINTERSTORE", "ZUNIONSTORE"), _counted(2, 1)),
    **dict.fromkeys(("XREAD", "XREADGROUP"), _streams),
    # Channels are named as keys are.
    **dict.fromkeys(("PUBLISH", "SPUBLISH"), _first),
}  # fmt: skip
"""Positions of the keys among a command's arguments, by its name; position 0 is the name itself."""

PATTERNS = frozenset({"KEYS", "SCAN"})
"""Commands that look at every key of the server, and are given a pattern of the tenant's."""

_LOCK_SCRIPTS = {
    hashlib.sha1(script.encode()).hexdigest(): script  # noqa: S324 - how Redis names scripts
    for script in (Lock.LUA_RELEASE_SCRIPT, Lock.LUA_EXTEND_SCRIPT, Lock.LUA_REACQUIRE_SCRIPT)
}
"""The scripts of redis-py's own locks, which touch nothing but the one key they are given."""


def name_of(word: Any) -> str:
    """Return a command's name or an option in capitals."""
    return word.decode("ascii", "replace").upper() if isinstance(word, bytes) else str(word).upper()


def confine(arguments: Arguments, rename: Rename) -> tuple[Any, ...]:
    """Return a command with every key renamed; raises ``RedisCommandRefusedError`` for any that is not surely known."""
    name = name_of(arguments[0]) if arguments else ""
    if name in PATTERNS:
        return _with_pattern(name, arguments, rename)
    if name == "SCRIPT LOAD" and len(arguments) == 2 and arguments[1] in _LOCK_SCRIPTS.values():
        return tuple(arguments)
    positions = KEYS_OF.get(name)
    if name == "EVALSHA" and len(arguments) > 3 and arguments[1] in _LOCK_SCRIPTS:
        positions = _counted(2)
    if positions is None:
        raise RedisCommandRefusedError(name[:40] or "an empty command")
    confined = list(arguments)
    try:
        for position in positions(arguments):
            confined[position] = rename(arguments[position])
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise RedisCommandRefusedError(f"these arguments of {name}") from error
    return tuple(confined)


def _with_pattern(name: str, arguments: Arguments, rename: Rename) -> tuple[Any, ...]:
    confined = list(arguments)
    if name == "KEYS":
        if len(arguments) != 2:
            raise RedisCommandRefusedError("these arguments of KEYS")
        confined[1] = rename(arguments[1])
        return tuple(confined)
    # SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]: options come in pairs.
    if len(arguments) % 2:
        raise RedisCommandRefusedError("these arguments of SCAN")
    matches = [at for at in range(2, len(arguments), 2) if name_of(arguments[at]) == "MATCH"]
    for at in matches:
        confined[at + 1] = rename(arguments[at + 1])
    return tuple(confined) if matches else (*confined, "MATCH", rename("*"))


def _each(answer: Any, restore: Rename) -> Any:
    return answer and [restore(key) for key in answer]


def _scanned(answer: Any, restore: Rename) -> Any:
    cursor, keys = answer
    return type(answer)((cursor, [restore(key) for key in keys]))


def _popped(answer: Any, restore: Rename) -> Any:
    return answer and type(answer)((restore(answer[0]), *answer[1:]))


def _read(answer: Any, restore: Rename) -> Any:
    if isinstance(answer, dict):
        return {restore(stream): entries for stream, entries in answer.items()}
    return answer and [type(item)((restore(item[0]), *item[1:])) for item in answer]


ANSWERS_WITH_KEYS: dict[str, Callable[[Any, Rename], Any]] = {
    "KEYS": _each,
    "SCAN": _scanned,
    **dict.fromkeys(
        ("BLMPOP", "BLPOP", "BRPOP", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "LMPOP", "ZMPOP"), _popped
    ),
    **dict.fromkeys(("XREAD", "XREADGROUP"), _read),
}  # fmt: skip
"""How the keys in a command's answer get their own names back."""
