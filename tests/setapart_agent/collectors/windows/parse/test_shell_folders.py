import pytest

from registry_maker import Expand, at, key_of
from setapart_agent.collectors.windows.parse.shell_folders import ShellFolders, below_home, shell_folders

PLACE = r"Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"


def test_folders_are_named_by_their_values() -> None:
    values = {
        "AppData": Expand(r"%USERPROFILE%\AppData\Roaming"),
        "Local AppData": Expand(r"%USERPROFILE%\AppData\Local"),
        "Desktop": r"D:\Desktop",
        "Personal": 7,
        "{374DE290-123F-4565-9164-39C4925E467B}": r"D:\Downloads",
    }
    assert shell_folders(key_of(at(PLACE, values))) == ShellFolders(
        roaming=r"%USERPROFILE%\AppData\Roaming",
        local=r"%USERPROFILE%\AppData\Local",
        desktop=r"D:\Desktop",
        documents=None,
        downloads=r"D:\Downloads",
    )
    assert shell_folders(key_of({})) == shell_folders(None) == ShellFolders()


@pytest.mark.parametrize(
    ("path", "rest"),
    [(r"%USERPROFILE%\Desktop", "Desktop"), ("%userprofile%", ""), (r"C:\x", None), (r"%APPDATA%\x", None)],
)
def test_paths_below_the_users_own_folder(path: str, rest: str | None) -> None:
    assert below_home(path) == rest
