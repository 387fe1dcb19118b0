"""Asks a Jaeger through the MCP server `jaeger-mcp` over stdin and stdout, as an assistant does.

Run by the Python that has both: `python jaeger_mcp.py URL`, with a JSON array of
[tool, arguments] on stdin. Prints a JSON array of what the tools answered.
"""

import asyncio
import json
import pathlib
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def ask(url: str, calls: list) -> list:
    server = StdioServerParameters(
        command=str(pathlib.Path(sys.executable).parent / "jaeger-mcp"),
        env={"JAEGER_URL": url, "JAEGER_RETRY_ATTEMPTS": "0"},
    )
    answers = []
    async with stdio_client(server) as (reading, writing):
        async with ClientSession(reading, writing) as session:
            await session.initialize()
            for tool, arguments in calls:
                answer = await session.call_tool(tool, arguments)
                assert not answer.isError, f"{tool}: {answer.content}"
                answers.append(answer.structuredContent)
    return answers


print(json.dumps(asyncio.run(ask(sys.argv[1], json.load(sys.stdin)))))
