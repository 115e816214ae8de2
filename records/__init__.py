"""Postgres: the durable store and what leaves it. The only importer of asyncpg."""
