"""Downstreams: what a serverless application calls that is not serverless, and can be overwhelmed.

Words
-----
third party
    somebody else's HTTP API, with a latency and a rate limit: ``cloud.third_party``.
database
    a relational database with a limited number of connections: ``cloud.database``. Code talks to it by the module
    ``labdb``, a driver like any other (PEP 249).
collapse
    a server does less the more is asked of it: beyond what it can do at once, every query takes longer than its share.

Both are laid low by ``cloud.faults`` under their names, and write into the journal at ``http:HOST`` and
``database:NAME``. In reading order: ``third_party``, ``server`` (a database: its connections, its time, its locks),
``moments`` (virtual time in SQL), ``connection`` (a connection and its cursors), ``driver`` (the module ``labdb``).
"""

from waterline.downstreams.driver import Databases
from waterline.downstreams.server import Database
from waterline.downstreams.third_party import ThirdParty

__all__ = ["Database", "Databases", "ThirdParty"]
