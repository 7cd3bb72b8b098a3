from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import claws

CONFIG = """[Account: 1]
account_name=work
address=ada@corp.example
protocol=1
receive_server=imap.corp.example
user_id=ada
[Account: 2]
protocol=4
address=local@here
"""


def test_accounts_with_a_server() -> None:
    (account,) = parsed(claws, CONFIG, "/home/ada/.claws-mail/accountrc").accounts
    assert (account.type, account.host, account.domain) == ("claws-mail:imap", "imap.corp.example", "corp.example")


def test_broken_files_survive() -> None:
    assert_survives(claws, "accountrc", CONFIG.encode())
