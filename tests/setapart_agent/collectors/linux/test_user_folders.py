"""Folders by purpose."""

import os
from pathlib import Path

import pytest

from linux_tree import plant
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.user_folders import user_folder

ANN = User(uid=os.geteuid(), name="ann", home="/home/ann")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('XDG_DOWNLOAD_DIR="$HOME/Téléchargements"', "/home/ann/Téléchargements"),
        ('XDG_DOWNLOAD_DIR="/srv/loads/"', "/srv/loads"),
        ('XDG_DOWNLOAD_DIR="$HOME/"', "/home/ann/Downloads"),
        ('#XDG_DOWNLOAD_DIR="$HOME/x"', "/home/ann/Downloads"),
        ('XDG_DESKTOP_DIR="$HOME/x"', "/home/ann/Downloads"),
        ("", "/home/ann/Downloads"),
    ],
)
def test_the_users_own_folder_or_the_default(tmp_path: Path, line: str, expected: str) -> None:
    plant(tmp_path, {"home/ann/.config/user-dirs.dirs": line + "\n"})
    assert user_folder(Tree(str(tmp_path)), ANN, "XDG_DOWNLOAD_DIR") == expected
