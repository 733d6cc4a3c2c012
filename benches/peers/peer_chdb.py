"""chDB, which is ClickHouse in a process: `peer_chdb.py FILE THREADS` prints what it counted, as JSON."""

import json
import sys

from in_process import report

# A schema is given, so that only named fields are read and nothing is guessed.
PROGRAM = """\
WITH records AS (
    SELECT
        coalesce(identity.claim.oid,
                 identity.claim.`http://schemas.microsoft.com/identity/claims/objectidentifier`) AS caller,
        substring(time, 1, 15) AS ten_minutes,
        properties.id AS object,
        category = 'AuditEvent'
            AND operationName IN ('SecretGet', 'SecretBackup', 'KeyBackup', 'KeyRelease', 'CertificateBackup')
            AND properties.httpStatusCode BETWEEN 200 AND 299 AS is_reveal,
        category = 'AuditEvent' AND properties.httpStatusCode = 403 AS is_denied,
        operationName = 'MICROSOFT.KEYVAULT/VAULTS/WRITE' AND resultType = 'Success' AS is_write
    FROM file('FILE', 'JSONEachRow',
        'time String, category String, operationName String, resultType String,
         identity Tuple(claim Tuple(oid Nullable(String),
             `http://schemas.microsoft.com/identity/claims/objectidentifier` Nullable(String))),
         properties Tuple(id Nullable(String), httpStatusCode UInt16)')
), cells AS (
    SELECT
        caller, ten_minutes, count() AS records,
        countIf(is_reveal) AS reveals,
        countIf(is_denied) AS denied,
        countIf(is_write) AS vault_writes,
        uniqExactIf(object, is_reveal) AS objects
    FROM records GROUP BY caller, ten_minutes
)
SELECT sum(records), sum(reveals), sum(denied), sum(vault_writes),
       countIf(objects >= 20), countIf(denied >= 5)
FROM cells
SETTINGS max_threads = THREADS, input_format_skip_unknown_fields = 1,
         output_format_json_quote_64bit_integers = 0"""


def work(path, threads):
    """Gives a function that runs the query."""
    import chdb

    query = PROGRAM.replace("THREADS", str(threads)).replace("FILE", path.replace("'", "\\'"))
    return lambda: json.loads(str(chdb.query(query, "JSONCompact")))["data"][0]


if __name__ == "__main__":
    report(work(sys.argv[1], int(sys.argv[2])))
