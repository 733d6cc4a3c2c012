"""Counts from the raw records, without any parser or rule of the project: what all others must agree with.

Slow, obvious, and independent: Python's own JSON, one line after another.
"""

import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

REVEALING = {"SecretGet", "SecretBackup", "KeyBackup", "KeyRelease", "CertificateBackup"}
SPELLED_OUT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
# Of a time like 2026-03-02T00:00:21.9526206Z, what its ten minutes share.
TEN_MINUTES = len("2026-03-02T00:0")
# An identity stands out in ten minutes from so many distinct objects on, or so many denied calls.
OBJECTS_LIMIT = 20
DENIED_LIMIT = 5


@dataclass
class Counts:
    """What a corpus holds."""

    records: int = 0
    reveals: int = 0
    denied: int = 0
    vault_writes: int = 0
    # Identities and ten minutes at or above a limit.
    object_cells: int = 0
    denied_cells: int = 0
    # Lines that repeat an earlier one, by what they are; a detector that knows duplicates leaves them out.
    repeated: Counter = field(default_factory=Counter)
    # Records of each identity, and of each vault.
    by_identity: Counter = field(default_factory=Counter)
    by_vault: Counter = field(default_factory=Counter)
    # The cells that are found by who forgets an identity's ten minutes as soon as later ones begin.
    arrival_object_cells: int = 0
    arrival_denied_cells: int = 0


def count(paths):
    """Counts the lines of all files, in their order."""
    counts, seen = Counts(), set()
    objects, denied = {}, Counter()
    forgetful_objects, forgetful_denied = Forgetful(OBJECTS_LIMIT), Forgetful(DENIED_LIMIT)
    for path in paths:
        with open(path, "rb") as lines:
            for line in filter(bytes.strip, lines):
                record = json.loads(line)
                digest = hash(line)
                is_repeated = digest in seen
                seen.add(digest)
                kind, caller, thing = judge(record)
                counts.records += 1
                counts.repeated["records"] += is_repeated
                counts.by_identity[caller] += 1
                counts.by_vault[vault(record)] += 1
                cell = (caller, record["time"][:TEN_MINUTES])
                if kind is None:
                    continue
                setattr(counts, kind, getattr(counts, kind) + 1)
                counts.repeated[kind] += is_repeated
                if kind == "reveals":
                    objects.setdefault(cell, set()).add(thing)
                    forgetful_objects.add(cell, thing)
                elif kind == "denied":
                    denied[cell] += 1
                    forgetful_denied.add(cell, counts.denied)
    counts.object_cells = sum(len(things) >= OBJECTS_LIMIT for things in objects.values())
    counts.denied_cells = sum(calls >= DENIED_LIMIT for calls in denied.values())
    counts.arrival_object_cells = len(forgetful_objects.found)
    counts.arrival_denied_cells = len(forgetful_denied.found)
    return counts


def count_apart(paths):
    """The same in a process of its own: a program started from a large one is told to be as large."""
    with ProcessPoolExecutor(1) as apart:
        return apart.submit(count, paths).result()


def judge(record):
    """What is counted of a record: which kind it is, whose call it was, and what was read."""
    identity, properties = record.get("identity") or {}, record.get("properties") or {}
    claim = identity.get("claim") or {}
    caller = claim.get("oid") or claim.get(SPELLED_OUT)
    operation = record["operationName"]
    if record["category"] == "AuditEvent":
        status = properties.get("httpStatusCode")
        if operation in REVEALING and 200 <= status < 300:
            return "reveals", caller, properties.get("id")
        return ("denied" if status == 403 else None), caller, None
    claims = identity.get("claims") or {}
    caller = claims.get(SPELLED_OUT)
    is_written = operation == "MICROSOFT.KEYVAULT/VAULTS/WRITE" and record["resultType"] == "Success"
    return ("vault_writes" if is_written else None), caller, None


def vault(record):
    """The vault that a record is about, as far as its resource tells."""
    words = record["resourceId"].upper().split("/VAULTS/")
    return words[1].split("/")[0] if len(words) > 1 else None


class Forgetful:
    """Ten minutes of each identity, the latest that arrived; earlier records that come later are lost.

    So does a tumbling window that is kept in arrival order and starts over when it fires.
    """

    def __init__(self, limit):
        self.limit, self.held, self.found = limit, {}, set()

    def add(self, cell, thing):
        caller, minutes = cell
        held_minutes, things = self.held.get(caller, (minutes, set()))
        if things and minutes < held_minutes:
            return
        if minutes != held_minutes:
            things = set()
        things.add(thing)
        if len(things) >= self.limit:
            self.found.add(cell)
            things = set()
        self.held[caller] = (minutes, things)
