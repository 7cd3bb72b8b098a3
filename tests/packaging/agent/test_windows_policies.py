"""packaging/agent/windows/policy: a template that Group Policy and Intune take, of what the agent reads."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from setapart_agent import windows_policy

POLICY = "{http://www.microsoft.com/GroupPolicy/PolicyDefinitions}"


def policies(files: Mapping[str, bytes], name: str) -> ET.Element:
    return ET.fromstring(files[f"policy/{name}"])


def test_every_text_that_the_template_names_is_in_the_language_file_and_no_other(
    windows_files: Mapping[str, bytes],
) -> None:
    template, language = policies(windows_files, "setapart.admx"), policies(windows_files, "en-US/setapart.adml")
    values = " ".join(value for element in template.iter() for value in element.attrib.values())
    named = {kind: set(re.findall(rf"\$\({kind}\.(\w+)\)", values)) for kind in ("string", "presentation")}
    present = {kind: [element.get("id") for element in language.iter(f"{POLICY}{kind}")] for kind in named}
    assert {kind: sorted(ids) for kind, ids in named.items()} == {kind: sorted(ids) for kind, ids in present.items()}  # type: ignore[type-var]
    assert all((element.text or "").strip() for element in language.iter(f"{POLICY}string"))


def test_every_box_of_a_presentation_is_an_element_of_its_policy_and_the_other_way_round(
    windows_files: Mapping[str, bytes],
) -> None:
    language = policies(windows_files, "en-US/setapart.adml")
    boxes = {
        presentation.get("id"): [box.get("refId") for box in presentation]
        for presentation in language.iter(f"{POLICY}presentation")
    }
    asked = {
        (policy.get("presentation") or "")[len("$(presentation.") : -1]: [
            element.get("id") for element in policy.find(f"{POLICY}elements") or ()
        ]
        for policy in policies(windows_files, "setapart.admx").iter(f"{POLICY}policy")
    }
    assert asked == boxes


def test_what_a_policy_refers_to_is_defined_in_the_template(windows_files: Mapping[str, bytes]) -> None:
    """Without `using`, so that Intune takes the template alone."""
    template = policies(windows_files, "setapart.admx")
    assert template.find(f"{POLICY}policyNamespaces/{POLICY}using") is None
    for kind, defined in (("parentCategory", "category"), ("supportedOn", "definition")):
        names = {element.get("name") for element in template.iter(f"{POLICY}{defined}")}
        referred = {element.get("ref") for element in template.iter(f"{POLICY}{kind}")} - {None}
        assert referred == names


def test_the_agent_reads_what_the_template_writes(windows_files: Mapping[str, bytes]) -> None:
    written = set()
    for policy in policies(windows_files, "setapart.admx").iter(f"{POLICY}policy"):
        assert policy.get("class") == "Machine", "a user could enrol the machine"
        assert policy.get("key") == windows_policy.KEY
        for element in policy.find(f"{POLICY}elements") or ():
            assert element.tag == f"{POLICY}text"
            assert (element.get("required"), element.get("expandable")) == ("true", None)
            written.add(element.get("valueName"))
    assert written == {windows_policy.TOKEN_VALUE, windows_policy.URL_VALUE}


def test_files_of_a_template_have_the_order_that_its_schema_wants(windows_files: Mapping[str, bytes]) -> None:
    """MS-GPREG, "ADMX syntax": sequences of `policyDefinitions`, `policyDefinitionResources` and `policy`."""
    template, language = policies(windows_files, "setapart.admx"), policies(windows_files, "en-US/setapart.adml")

    def inside(element: ET.Element) -> list[str]:
        return [child.tag.removeprefix(POLICY) for child in element]

    assert inside(template) == ["policyNamespaces", "resources", "supportedOn", "categories", "policies"]
    assert inside(language) == ["displayName", "description", "resources"]
    assert inside(language[2]) == ["stringTable", "presentationTable"]
    for policy in template.iter(f"{POLICY}policy"):
        assert inside(policy) == ["parentCategory", "supportedOn", "elements"]
