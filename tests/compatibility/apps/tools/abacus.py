"""An MCP server on standard input and output, with one tool."""

import os
from pathlib import Path

from mcp.server.fastmcp import FastMCP

server = FastMCP("abacus")


@server.tool()
def add(first: int, second: int) -> str:
    """Add two numbers."""
    beside = Path("main.py").is_file()
    return f"{first + second} {os.environ.get('UNIT')}, beside the app: {beside}, {os.environ.get('TENANT_OF_THE_APP')}"


server.run()
