"""DuckDB: `peer_duckdb.py FILE THREADS` prints what it counted and what that took, as JSON."""

import sys

from in_process import report

# A schema is given, so that only named fields are read and nothing is guessed.
PROGRAM = """\
WITH records AS (
    SELECT
        coalesce(identity.claim.oid,
                 identity.claim."http://schemas.microsoft.com/identity/claims/objectidentifier") AS caller,
        substr("time", 1, 15) AS ten_minutes,
        properties.id AS object,
        category = 'AuditEvent'
            AND operationName IN ('SecretGet', 'SecretBackup', 'KeyBackup', 'KeyRelease', 'CertificateBackup')
            AND properties.httpStatusCode BETWEEN 200 AND 299 AS is_reveal,
        category = 'AuditEvent' AND properties.httpStatusCode = 403 AS is_denied,
        operationName = 'MICROSOFT.KEYVAULT/VAULTS/WRITE' AND resultType = 'Success' AS is_write
    FROM read_ndjson('FILE', columns = {
        "time": 'VARCHAR', category: 'VARCHAR', operationName: 'VARCHAR', resultType: 'VARCHAR',
        identity: 'STRUCT(claim STRUCT(oid VARCHAR,
            "http://schemas.microsoft.com/identity/claims/objectidentifier" VARCHAR))',
        properties: 'STRUCT(id VARCHAR, httpStatusCode INTEGER)' })
), cells AS (
    SELECT
        caller, ten_minutes, count(*) AS records,
        count(*) FILTER (is_reveal) AS reveals,
        count(*) FILTER (is_denied) AS denied,
        count(*) FILTER (is_write) AS vault_writes,
        count(DISTINCT object) FILTER (is_reveal) AS objects
    FROM records GROUP BY caller, ten_minutes
)
SELECT sum(records)::BIGINT, sum(reveals)::BIGINT, sum(denied)::BIGINT, sum(vault_writes)::BIGINT,
       count(*) FILTER (objects >= 20), count(*) FILTER (denied >= 5)
FROM cells"""


def work(path, threads):
    """Gives a function that runs the query."""
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    query = PROGRAM.replace("FILE", path.replace("'", "''"))
    return lambda: connection.execute(query).fetchone()


if __name__ == "__main__":
    report(work(sys.argv[1], int(sys.argv[2])))
