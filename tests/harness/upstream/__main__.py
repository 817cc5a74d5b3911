"""Runs the scripted upstream. The first line it prints is its address."""

import argparse
import asyncio
import contextlib
import sys

from tests.harness.upstream.server import MODELS, Server


async def serve(host: str, port: int, models: list[str], *, with_stdin: bool) -> None:
    server = await Server(models).start(host, port)
    bound = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{bound[0]}:{bound[1]}\n")
    sys.stdout.flush()
    if with_stdin:
        # Whoever started this holds the other end: when they die, however they die, it is over.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    else:
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.harness.upstream", description="A scripted LLM server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--models", default=",".join(MODELS), help="names listed at /v1/models, with commas")
    parser.add_argument("--with-stdin", action="store_true", help="end when standard input is closed")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.host, options.port, options.models.split(","), with_stdin=options.with_stdin))


if __name__ == "__main__":
    main()
