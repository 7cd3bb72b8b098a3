"""What the desktop systems share: the file tree, users, browsers, Thunderbird."""
