"""Whether all who were run have counted the same records: without that, a time says nothing."""

KINDS = ["records", "reveals", "denied", "vault_writes", "object_cells", "denied_cells"]
# What is not counted in full; a count that is left out is no agreement.
BARE = ["records", "node_sum"]
PARTS = {"simd-json": BARE, "sonic-rs": BARE, "vaultdrill": KINDS[:4]}


def kinds(name):
    """The counts that `name` has to tell: `vaultdrill detect` has better than the cells."""
    return PARTS.get(name, KINDS)


def expected(counts, name):
    """What `name` has to count, given the independent count."""
    repeated = counts.repeated
    own = {
        "records": counts.records,
        "reveals": counts.reveals,
        "denied": counts.denied,
        "vault_writes": counts.vault_writes,
        "object_cells": counts.object_cells,
        "denied_cells": counts.denied_cells,
    }
    if name == "rsigma":
        own["object_cells"] = counts.arrival_object_cells
        own["denied_cells"] = counts.arrival_denied_cells
    if name == "vaultdrill":
        for kind in ("reveals", "denied", "vault_writes"):
            own[kind] -= repeated[kind]
    return own


def disagreements(counts, told):
    """A line for every count of `told` (name to counts) that is missing, or not what it has to be."""
    lines = []
    for name, its in told.items():
        due = expected(counts, name)
        for what in kinds(name):
            if what not in its:
                lines.append(f"{name} does not tell {what}")
            elif what in due and its[what] != due[what]:
                lines.append(f"{name} counts {its[what]} {what}, expected {due[what]}")
    # No other parser is at hand that sums over nodes: the two have only each other.
    sums = {name: its["node_sum"] for name, its in told.items() if "node_sum" in its}
    if len(set(sums.values())) > 1:
        lines.append(f"the sums over all nodes differ: {sums}")
    return lines
