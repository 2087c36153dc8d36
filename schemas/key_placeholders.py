"""What stands in a header for the operator's key, and for what is made of it.

A request holds the stand-in, wherever it is kept; the client puts the key in when it is sent, and
a command for a shell makes it of the variable that holds the key.
"""

from __future__ import annotations

KEY = b"{key}"
BASIC_KEY = b"{basic-credentials}"  # the key as the password of nobody, for Basic
SHORT_KEY = b"{key-without-its-last-character}"
ALTERED_KEY = SHORT_KEY + b"~"
OTHER_CASE_KEY = b"{key-in-the-other-case}"

# What a shell makes of the key in the variable VAR: one word each.
SHELL = {
    KEY: '"$VAR"',
    BASIC_KEY: '"$(printf :%s "$VAR" | base64 -w0)"',
    SHORT_KEY: '"${VAR%?}"',
    OTHER_CASE_KEY: '"$(printf %s "$VAR" | tr a-zA-Z A-Za-z)"',
}
