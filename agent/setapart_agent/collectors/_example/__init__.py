"""A living template: a whole way in, as small as it can be. docs/contributing/collector.md walks through it."""
