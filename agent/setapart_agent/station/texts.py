"""Every sentence that a station says, in English. Words in braces are filled in; none is a phone's own sentence."""

# Starting, waiting, ending
STARTED = ("Phone station of {name}. Ctrl-C ends it.", "It reports to {auditor}.")
NO_WAY = "Not looked for here: {got}. {cure}."
WAITING = "Waiting for a phone. Plug it in with its cable and unlock it."
HOW_TO_ANDROID = (
    "Android: the phone must allow USB debugging. Settings, About phone: tap the build number seven times; "
    "then Settings, System, Developer options: switch on USB debugging."
)
HOW_TO_IOS = "iPhone and iPad: unlock it and, when it asks, tap Trust."
ENDED = "The station has ended."
NO_INPUT = "Nobody can answer here any more: the station ends."
UNPLUG = "You may unplug the phone. To read it once more, unplug it and plug it in again."
JOURNAL = "The station's log can't be written ({why}); the station goes on."

# Phones that are not ready, by adb's state; `{phone}` is what adb calls it
NOT_READY = {
    "unauthorized": '{phone} does not allow this computer yet. Unlock it: it asks "Allow USB debugging?". Tap Allow. '
    "If it does not ask, unplug it and plug it in again.",
    "authorizing": '{phone} is being asked. Unlock it; if it asks "Allow USB debugging?", tap Allow.',
    "connecting": "{phone} is answering. Wait a moment.",
    "offline": "{phone} does not answer. Unlock it, unplug it and plug it in again.",
    "no permissions": "{phone} may not be opened by this user. IT: install udev rules (Debian's package "
    "android-sdk-platform-tools-common), then plug it in again.",
}
NOT_STARTED = "{phone} has not started Android (its state: {state}). Restart it, unlock it and plug it in again."
NOT_RECOGNISED = "{phone} can't be recognised: {got}. What to do: {cure}."
WAY_TROUBLE = "{got}. What to do: {cure}. The station goes on trying."

# Several at once
SEVERAL = "Several phones are attached: {count}"
ONE_OF_THEM = "{number}. {phone}"
CHOOSE = "Which one shall be read? Type its number, or Enter for none:"
NONE_CHOSEN = "None was chosen: nothing was read. Unplug them and plug in one."

# Recognised
RECOGNISED = "Recognised"
MAKER = "Maker: {value}"
MODEL = "Model: {value}"
SYSTEM = "System: {value}"
NAME = "Name in the register: {value}"
NAME_UNKNOWN = "Name in the register: not known at this station"
ID = "Its id at the auditor: {value}"
NO_SERIAL = (
    "This phone does not tell its serial number. The auditor knows phones by it, so nothing was read. "
    "Read it another way: by a bug report or a backup."
)

# What would be read and what would leave
WOULD_READ = "What would be read"
READ = {
    "android": (
        "The users and profiles of the phone.",
        "The apps of each profile, with version and maker's certificate.",
        "The accounts of each profile: their type, where they lead, and their names, which stay here.",
        "Managers of the phone, VPNs and company networks.",
    ),
    "ios": (
        "The apps, and the web pages on the home screen.",
        "The names of configuration profiles, and the organisation's server.",
        "Accounts, VPNs and Wi-Fi are not shown to a computer: they are reported as not seen.",
    ),
}
NEVER = (
    "Never read: contents of mail, calendars, contacts, messages, photos or files. Nothing is installed or changed on "
    "the phone."
)
WOULD_LEAVE = "What would leave this station"
BUNDLE = "Policy bundle {version}, valid until {until}. Disclosure: {level}."
LEAVES_APPS = {
    "scoped": "Apps: those that the rule restricts, those that look like them, and clients of mail, calendar and "
    "contacts. Of all other apps their number alone.",
    "full": "Apps: all of them.",
}
LEAVES_ACCOUNTS = {
    "scoped": "Accounts of the authority: type, client, services, domain, host, tenant. Of all other accounts their "
    "type and services, and which of the rest was known and stayed.",
    "full": "Accounts: type, client, services, domain, host, tenant.",
}
LEAVES_ADDRESSES = {
    "none": "Mail addresses: none, in no form.",
    "internal": "Mail addresses: of the authority's accounts a digest that only the authority can compare.",
    "all": "Mail addresses: of every account a digest that only the authority can compare.",
}
LEAVES_PROFILES = {
    "scoped": "Profiles: number and kind. Their names stay.",
    "full": "Profiles: number, kind and name.",
}
LEAVES_REST = (
    "Links (managers, VPNs, company networks): all, with where they lead.",
    "The phone: maker, model, system and its version, time of its start. Of its serial number a digest.",
    "What could not be seen; this station's key, the version of this program, and the time.",
)
GOES_TO = "It goes to {auditor}, and to nobody else."
NO_AUDITOR = "The auditor can't be reached now ({got}): the report would wait at this station."
MAY_READ = "Read this phone? Type yes or no:"
NOT_READ = {
    "no": "Nothing was read, nothing is kept.",
    "nobody": "No answer: nothing was read, nothing is kept.",
    "unplugged": "The phone was unplugged: nothing was read, nothing is kept.",
}

# Reading
READING = "Reading. Keep the phone plugged in and unlocked."
SECTIONS = {"users": "users and profiles", "apps": "apps", "accounts": "accounts", "links": "managers and networks"}
READING_SECTION = "Reading {section} ..."
READ_IN = "Read in {seconds} s."
READ_FAILED = "The phone could not be read: {got}. What to do: {cure}. Nothing is kept, nothing was sent."
PULLED = "The phone was unplugged before everything was read. Nothing is kept, nothing was sent. Plug it in again."
SWAPPED = (
    "Another phone answers than the one that was shown. Nothing is kept, nothing was sent. Plug in one phone alone, "
    "and begin again."
)

# The result
NOT_SEEN = "What could not be seen"
NOT_SEEN_ROW = "{section} of {profiles}: {reason}."
MEND = "What would help: {cure}."
ALL_SEEN = "Everything that this way shows was seen."
FOUND = "What would be sent"
FOUND_APPS = "Apps: {count}. Others that stay: {withheld}."
FOUND_ACCOUNTS = "Accounts: {count}. Of them cut to type and services: {withheld}."
FOUND_LINKS = "Links: {count}"
PROFILE_OF = "{what} (profile {profile})"
MORE = "and {count} more"
MAY_SEND = "Sign this and send it? Type yes or no:"
NOT_SENT = {
    "no": "Nothing was signed, nothing is kept.",
    "nobody": "No answer: nothing was signed, nothing is kept.",
    "unplugged": "The phone was unplugged: nothing was signed, nothing is kept.",
}
NOT_KEPT = "The report can't be kept, so it was not sent: {got}. What to do: {cure}."

# Receipts
RECEIPT = "Receipt"
DELIVERED = {
    "accepted": "Report {sequence} was accepted by the auditor on {at}.",
    "late": "Report {sequence} is with the auditor since {at}. A newer one was there already.",
    "forked": "Report {sequence} is with the auditor since {at}. This phone now has two histories: tell your officer.",
    "quarantined": "Report {sequence} is with the auditor since {at}, and put aside: the phone was reported lost or "
    "stolen. Tell your officer.",
}
BY = ("The auditor: {auditor}", "Its key in words: {key}")
LOGGED = "Number {index} in its log. The receipt is signed by the auditor's key, and was checked."
WAITS = "Report {sequence} is signed and waits at this station. It was not delivered: {got}."
WAITS_HOW = "It goes out with the next phone, or with `setapart-agent deliver`."
DROPPED = "The spool is full: its {count} oldest reports were dropped. IT: deliver sooner."
REJECTED = "The auditor does not take this report: {got}. Tell your officer; `setapart-agent status` has the details."
UNKNOWN = (
    "The auditor does not know this phone, or does not know this station. The report is kept here, and goes out by "
    "itself once an officer or technician has done what is missing:"
)
ADD_PHONE = (
    "If the phone is not in the register:",
    "setapart-auditor device add NAME --class CLASS --holder HOLDER --id {id}",
)
ADD_STATION = (
    "If this station is not registered as a station, or has a new key ({key}): copy {path} to the auditor, then",
    "setapart-auditor device station add NAME --key KEY.pub",
)
