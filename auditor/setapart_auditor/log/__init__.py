"""The log: an RFC 6962 Merkle tree over everything that is recorded, in the transaction that records it."""
