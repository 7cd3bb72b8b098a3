"""The auditor (RATS Verifier): verifies evidence and appraises it against an authority's rule."""
