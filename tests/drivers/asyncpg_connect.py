"""Connects with asyncpg to the string that is given, and prints which server answers."""

import asyncio
import sys

import asyncpg


async def main():
    connection = await asyncpg.connect(sys.argv[1])
    print(await connection.fetchval("SHOW cluster_name"))
    await connection.close()


asyncio.run(main())
