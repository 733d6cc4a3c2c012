"""Polars: `peer_polars.py FILE THREADS` prints what it counted and what that took, as JSON."""

import inspect
import os
import sys

from in_process import report

SPELLED_OUT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
REVEALING = ["SecretGet", "SecretBackup", "KeyBackup", "KeyRelease", "CertificateBackup"]


def plan(pl, path):
    """The query; a schema is given, so that only named fields are read and nothing is guessed."""
    claim = pl.Struct({"oid": pl.String, SPELLED_OUT: pl.String})
    schema = {
        "time": pl.String,
        "category": pl.String,
        "operationName": pl.String,
        "resultType": pl.String,
        "identity": pl.Struct({"claim": claim}),
        "properties": pl.Struct({"id": pl.String, "httpStatusCode": pl.Int64}),
    }
    claim = pl.col("identity").struct.field("claim").struct
    status = pl.col("properties").struct.field("httpStatusCode")
    is_audit = pl.col("category") == "AuditEvent"
    is_reveal = is_audit & pl.col("operationName").is_in(REVEALING) & status.is_between(200, 299)
    is_write = pl.col("operationName") == "MICROSOFT.KEYVAULT/VAULTS/WRITE"
    records = pl.scan_ndjson(path, schema=schema).select(
        caller=pl.coalesce(claim.field("oid"), claim.field(SPELLED_OUT)),
        ten_minutes=pl.col("time").str.slice(0, 15),
        object=pl.col("properties").struct.field("id"),
        is_reveal=is_reveal.fill_null(False),
        is_denied=(is_audit & (status == 403)).fill_null(False),
        is_write=is_write & (pl.col("resultType") == "Success"),
    )
    cells = records.group_by("caller", "ten_minutes").agg(
        pl.len().alias("records"),
        pl.col("is_reveal").sum().alias("reveals"),
        pl.col("is_denied").sum().alias("denied"),
        pl.col("is_write").sum().alias("vault_writes"),
        pl.col("object").filter("is_reveal").n_unique().alias("objects"),
    )
    return cells.select(
        pl.col("records", "reveals", "denied", "vault_writes").sum(),
        object_cells=(pl.col("objects") >= 20).sum(),
        denied_cells=(pl.col("denied") >= 5).sum(),
    )


PROGRAM = inspect.getsource(plan) + '\nplan(pl, FILE).collect(engine="streaming")'


def work(path, threads):
    """Gives a function that runs the query."""
    # Read when the module is loaded.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars

    return lambda: plan(polars, path).collect(engine="streaming").row(0)


if __name__ == "__main__":
    report(work(sys.argv[1], int(sys.argv[2])))
