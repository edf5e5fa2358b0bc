"""A cache in a file of SQLite, with the class and the columns that LangChain's has."""

import sqlite3
from contextlib import closing
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration


class SQLiteCache(BaseCache):
    """Results by prompt and model."""

    def __init__(self, database_path: str) -> None:
        self._path = database_path
        self._execute("CREATE TABLE full_llm_cache (prompt TEXT, llm TEXT, response TEXT, PRIMARY KEY (prompt, llm))")

    def _execute(self, statement: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self._path)) as database, database:
            return database.execute(statement, values).fetchall()

    def lookup(self, prompt: str, llm_string: str) -> list[Any] | None:
        """Return the result, if there is one."""
        found = self._execute("SELECT response FROM full_llm_cache WHERE prompt = ? AND llm = ?", prompt, llm_string)
        return loads(found[0][0], allowed_objects=[AIMessage, ChatGeneration]) if found else None

    def update(self, prompt: str, llm_string: str, return_val: Any) -> None:
        """Keep the result."""
        response = dumps(list(return_val))
        self._execute("INSERT OR REPLACE INTO full_llm_cache VALUES (?, ?, ?)", prompt, llm_string, response)

    def clear(self, **_: Any) -> None:
        """Remove all results."""
        self._execute("DELETE FROM full_llm_cache")
