from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import management
from setapart_evidence.model import Link

LANDSCAPE = "[client]\nlog_level = info\nurl = https://landscape.corp.example/message-system\naccount_name = x\n"


def test_the_server_or_tenant_of_each_agent() -> None:
    tenant = '{"orgId": "AAAA-bbbb"}'
    fleet = "ORBIT_FLEET_URL=https://fleet.corp.example:8080\n"
    assert [parsed(management, content).links[0].target for content in (LANDSCAPE, tenant, fleet)] == [
        "landscape.corp.example",
        "aaaa-bbbb",
        "fleet.corp.example",
    ]


def test_an_agent_that_is_installed_and_not_enrolled_is_no_link() -> None:
    assert parsed(management, "[client]\nlog_level = info\n", "/etc/landscape/client.conf").links == ()


def test_a_registration_alone_is_an_enrolment() -> None:
    path = "/home/ada/.config/intune/registration.toml"
    assert parsed(management, "device = 1\n", path).links == (Link(kind="mdm", target=None, profile="1000"),)


def test_broken_files_survive() -> None:
    assert_survives(management, "client.conf", LANDSCAPE.encode())
