"""Connects with psycopg to the string that is given, and prints which server answers."""

import sys

import psycopg

with psycopg.connect(sys.argv[1]) as connection:
    print(connection.execute("SHOW cluster_name").fetchone()[0])
