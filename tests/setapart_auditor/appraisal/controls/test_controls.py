"""The table of controls is whole: what a pack can name is checked, and what is checked can be named."""

import importlib
import pkgutil

from setapart_auditor.appraisal import controls
from setapart_auditor.policy.controls import CONTROLS


def test_every_control_of_the_vocabulary_has_a_file_of_its_name_and_is_asked() -> None:
    names = [module.name for module in pkgutil.iter_modules(controls.__path__)]
    modules = [importlib.import_module(f"{controls.__name__}.{name}") for name in names]
    assert {module.CONTROL for module in modules} == {spec.id for spec in CONTROLS}
    assert [module.CONTROL for module in modules] == [name.replace("_", "-") for name in names]
    assert sorted(controls.CHECKS, key=id) == sorted((module.find for module in modules), key=id)
