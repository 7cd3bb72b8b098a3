from setapart_agent.collectors.android.source import pm_list_packages


def test_spelling_of_the_lists_of_packages() -> None:
    assert pm_list_packages("10") == "pm list packages -f -i -U --user 10"
    assert pm_list_packages("10", "disabled") == "pm list packages -f -i -U -d --user 10"
    assert pm_list_packages("0", "with-removed") == "pm list packages -f -i -U -u --user 0"
    assert pm_list_packages(None) == "pm list packages -f -i -U"
