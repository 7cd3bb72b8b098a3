"""From what a pack names (apps, vendors, categories, countries) to the apps of the catalog that it restricts."""

from collections.abc import Mapping

from .catalog import Catalog
from .model import Restricted


def restricted_apps(rule: Restricted, catalog: Catalog) -> Mapping[str, str]:
    """The ids of all restricted apps, variants included, to the id that an exception has to name.

    An app that the pack names itself, or that comes by its vendor, category or country alone, stands for itself; a
    variant stands for the nearest restricted app that it is a variant of.
    """
    found: dict[str, str] = {}
    for app in sorted(catalog.apps):
        lineage = catalog.lineage(app)
        if app in rule.apps:
            found[app] = app
        elif (parent := next((one for one in lineage[1:] if _named(one, rule, catalog)), None)) is not None:
            found[app] = _head(parent, rule, catalog)
        elif _named(app, rule, catalog):
            found[app] = app
    return found


def _head(app: str, rule: Restricted, catalog: Catalog) -> str:
    """The app itself where the pack names it, else the farthest restricted app that it is a variant of."""
    if app in rule.apps:
        return app
    return next(one for one in reversed(catalog.lineage(app)) if one == app or _named(one, rule, catalog))


def _named(app: str, rule: Restricted, catalog: Catalog) -> bool:
    vendor = catalog.vendor_of[app]
    return (
        app in rule.apps
        or vendor.vendor in rule.vendors
        or vendor.country in rule.countries
        or catalog.apps[app].category in rule.categories
    )
