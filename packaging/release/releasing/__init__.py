"""Makes a release out of a tagged tree: built twice, compared, signed, and looked into as a stranger would."""
