from setapart_agent.collectors.desktop.parse.account import account, address_in, mailbox, user_of


def test_a_login_name_that_is_no_address_gives_no_domain() -> None:
    made = account("1000", "isync:imap", ("mail",), user="alice", server="imap.corp.example:993")
    assert (made.address, made.domain, made.host, made.client) == (None, None, "imap.corp.example", "isync")


def test_the_address_wins_over_the_login_and_services_come_in_order() -> None:
    made = account("0", "x:y", ("contacts", "mail"), user="login@host.example", address="A@Corp.Example")
    assert (made.address, made.domain, made.services) == ("A@Corp.Example", "corp.example", ("mail", "contacts"))


def test_mailbox_finds_the_address_in_a_name() -> None:
    assert mailbox('"Ada, L" <ada@corp.example>') == "ada@corp.example"
    assert mailbox(" ada@corp.example ") == "ada@corp.example"
    assert mailbox("Ada") is mailbox("<>") is mailbox(None) is None


def test_user_of_decodes_the_user_and_drops_the_password() -> None:
    assert user_of("imaps://ada%40corp.example:secret@imap.corp.example/") == "ada@corp.example"
    assert user_of("imap.corp.example") is user_of(None) is None
    assert user_of("imaps://imap.corp.example/a@b") is None


def test_google_puts_the_address_into_the_path() -> None:
    assert (
        address_in("https://apidata.googleusercontent.com/caldav/v2/ada%40corp.example/events/") == "ada@corp.example"
    )
    assert address_in("https://ada@corp.example/dav") is None
