"""The register: the authority's own statement of its devices, stations, exceptions, officers and epochs."""
