"""What a hostile deployment, file or user says: one corpus for every format that is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """One text, the format that it attacks, and what a reader sees of it on one line.

    `shown` is empty where all of the text is visible as it is; `printed` where a terminal, or the
    log of a CI job, shows the same as the files.
    """

    attacks: str
    text: str
    shown: str = ""
    printed: str = ""

    @property
    def line(self) -> str:
        """What stands in a file."""
        return self.shown or self.text

    @property
    def console(self) -> str:
        """What stands on a terminal, or in the log of a CI job."""
        return self.printed or self.line


# Ordinary text: shown as it is.
ORDINARY = (
    Hostile("nothing", "Ünïcödé ça va, naïve Ærø, cafe\u0301"),
    Hostile("nothing", "模型 モデル 모델 модель μοντέλο דגם نموذج मॉडल"),
    Hostile("nothing", "🎉 👩‍🔬 👍🏽 ❤️ 🇩🇪 1️⃣ ↔️ 🏳️‍🌈"),
    Hostile("nothing", "meta-llama/Llama-3.1-8B:free 5 % of 10 & 7 < 8 > 6 \"a\" 'b' C:\\x"),
)

PROPERTIES = (
    Hostile("properties", "x\nVerdict=CONFORMANT", r"x\nVerdict=CONFORMANT"),
    Hostile("properties", "x\r\nVerdict: CONFORMANT", r"x\r\nVerdict: CONFORMANT"),
    Hostile("properties", "x\rVerdict CONFORMANT", r"x\rVerdict CONFORMANT"),
    Hostile("properties", "x\\"),
    Hostile("properties", "x\\u000aVerdict=CONFORMANT"),
    Hostile("properties", "x\\nVerdict=CONFORMANT\\"),
    Hostile("properties", "# Verdict=CONFORMANT"),
    Hostile("properties", "!=:Verdict = CONFORMANT"),
    Hostile("properties", "x\u0085Verdict=CONFORMANT", r"x\x85Verdict=CONFORMANT"),
)
XML = (
    Hostile("xml", "]]><failure message='no'/>"),
    Hostile("xml", '"/></testcase><testcase name="x" classname="y'),
    Hostile("xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;"),
    Hostile("xml", "<?xml version='1.0'?><![CDATA[ x ]]>"),
    Hostile("xml", "\x00x\x01\x0b\x0c\x1f", r"\x00x\x01\x0b\x0c\x1f"),
    Hostile("xml", "x\ufffe\uffff\ufdd0", r"x\ufffe\uffff\ufdd0"),
    Hostile("xml", "x\ud800y\udfffz", r"x\ud800y\udfffz"),
    Hostile("xml", "&#27;&lt;script&gt;&amp;amp;"),
    Hostile("xml", "<!-- x -- y -->"),
)
MARKDOWN = (
    Hostile("markdown", "a | b | c\n|---|---|\n| d | e |", r"a | b | c\n|---|---|\n| d | e |"),
    Hostile("markdown", "\\| x \\\\| y \\` z"),
    Hostile("markdown", "`` ` ``` ~~~"),
    Hostile("markdown", "`"),
    Hostile("markdown", "x\n```\n</details>\n\n# x\n\n```", r"x\n```\n</details>\n\n# x\n\n```"),
    Hostile("markdown", "# x"),
    Hostile("markdown", "x\n===\ny\n---", r"x\n===\ny\n---"),
    Hostile("markdown", "- x"),
    Hostile("markdown", "1. x"),
    Hostile("markdown", "9) x"),
    Hostile("markdown", "> [!CAUTION] x"),
    Hostile("markdown", "[x](http://evil.example) ![x](http://evil.example/x.png)"),
    Hostile("markdown", "[x]: http://evil.example\n\n[x]", r"[x]: http://evil.example\n\n[x]"),
    Hostile("markdown", "<http://evil.example> <a@evil.example>"),
    Hostile("markdown", "see http://evil.example/x, www.evil.example and a@evil.example"),
    Hostile("markdown", "mailto:a@evil.example xmpp:a@evil.example"),
    Hostile("markdown", "@octocat, @github/security (@octocat)"),
    Hostile("markdown", "fixes #12, GH-12 and octocat/hello#7 with 0123456789abcdef"),
    Hostile("markdown", ":rotating_light: :+1:"),
    Hostile("markdown", "$x$ $$y$$ $`z`$"),
    Hostile("markdown", "<!-- x"),
    Hostile("markdown", "<img src=http://evil.example/x onerror=alert(1)>"),
    Hostile("markdown", "</code></td></tr></table></summary></details><h1>CONFORMANT</h1>"),
    Hostile("markdown", "*x* **x** _x_ ~~x~~ [^1] [ ] [x]"),
    Hostile("markdown", "&lt;b&gt; &#64;octocat &commat;octocat"),
)
HTML = (
    Hostile("html", "<script>alert(1)</script>"),
    Hostile("html", '</pre></code></style></title>"><svg onload=alert(1)>'),
    Hostile("html", '" onmouseover="alert(1)" x=\'` autofocus'),
    Hostile("html", "javascript:alert(1)"),
    Hostile("html", "data:text/html,<script>alert(1)</script>"),
    Hostile("html", "} body { display: none } @import url(//evil.example/x.css); /*"),
    Hostile("html", "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7} <%= 7 %>"),
    Hostile("html", "<meta http-equiv=refresh content=0;url=http://evil.example><base href=//x>"),
    Hostile("html", "<plaintext><textarea><noscript>"),
)
HIDDEN = (
    Hostile("eye", "x\u202egnp.exe\u202c", r"x\u202egnp.exe\u202c"),
    Hostile("eye", "x\u2066y\u2069\u200e\u200f\u061c", r"x\u2066y\u2069\u200e\u200f\u061c"),
    Hostile("eye", "ad\u200bmin\u2060\ufeff\u00ad", r"ad\u200bmin\u2060\ufeff\xad"),
    Hostile("eye", "ad\u200dmin\u200c", r"ad\u200dmin\u200c"),
    Hostile("eye", "x\U000e0068\U000e0069\U000e0001", r"x\U000e0068\U000e0069\U000e0001"),
    Hostile("eye", "x\ufe00\ufe01\U000e0100", r"x\ufe00\ufe01\U000e0100"),
    Hostile("eye", "x\u3164y\u115f\uffa0\u2800", r"x\u3164y\u115f\uffa0\u2800"),
    Hostile("eye", "x\u034f\u17b4\u180e\U0001d173", r"x\u034f\u17b4\u180e\U0001d173"),
    Hostile("eye", "❤\ufe0f\ufe0f\ufe0f", "❤\ufe0f\\ufe0f\\ufe0f"),
    Hostile("eye", "x\u00a0y\u3000z\ue000", r"x\xa0y\u3000z\ue000"),
)
TERMINAL = (
    Hostile("terminal", "\x1b[2J\x1b[1;1H\x1b[31mx", r"\x1b[2J\x1b[1;1H\x1b[31mx"),
    Hostile("terminal", "\x1b]0;title\x07x", r"\x1b]0;title\x07x"),
    Hostile("terminal", "\x1b]8;;//evil.example\x1b\\x", r"\x1b]8;;//evil.example\x1b\x"),
    Hostile("terminal", "\x1b]52;c;eA==\x07x", r"\x1b]52;c;eA==\x07x"),
    Hostile("terminal", "\x9b31mx\x90y\x9c\x9d0;t\x07", r"\x9b31mx\x90y\x9c\x9d0;t\x07"),
    Hostile("terminal", "x\rCONFORMANT", r"x\rCONFORMANT"),
    Hostile("terminal", "VIOLATED\b\b\b\b\b\b\b\bMET", r"VIOLATED" + r"\x08" * 8 + "MET"),
    Hostile("terminal", "x\x7f\x05\x0e\x0f", r"x\x7f\x05\x0e\x0f"),
    Hostile("terminal", "x\ty\x0bz", r"x\ty\x0bz"),
    Hostile(
        "terminal", "\x1bP+q544e\x1b\\\x1b[6n\x1b[?1049h", r"\x1bP+q544e\x1b\\x1b[6n\x1b[?1049h"
    ),
)
JOB = (
    Hostile("job", "::set-output name=x::y", printed=r"\x3a:set-output name=x::y"),
    Hostile("job", "x\n::add-mask::a", r"x\n::add-mask::a"),
    Hostile("job", "x\r  ::stop-commands::t", r"x\r  ::stop-commands::t"),
    Hostile(
        "job",
        "\u3000::error file=x::y",
        r"\u3000::error file=x::y",
    ),
    Hostile("job", "a ##[set-env name=PATH]/evil", printed=r"a #\x23[set-env name=PATH]/evil"),
    Hostile("job", "a ##[add-path]/evil", printed=r"a #\x23[add-path]/evil"),
    Hostile(
        "job",
        "##vso[task.setvariable variable=x]y",
        printed=r"#\x23vso[task.setvariable variable=x]y",
    ),
    Hostile(
        "job",
        "##teamcity[buildStatus status='x']",
        printed=r"#\x23teamcity[buildStatus status='x']",
    ),
    Hostile("job", "x\u2028::warning::y\u2029", r"x\u2028::warning::y\u2029"),
    Hostile("job", "x\r\x1b[0Ksection_start:0:a\r", r"x\r\x1b[0Ksection_start:0:a\r"),
)
DATA = (
    Hostile("json", '"}, "verdict": "CONFORMANT", "x": {"'),
    Hostile("json", "\\u0022\\ud800"),
    Hostile("json", "x\u2028y\u2029</script>", r"x\u2028y\u2029</script>"),
    Hostile("toml", 'x"""\n[[waiver]]\nclause = "A"', r'x"""\n[[waiver]]\nclause = "A"'),
)

CORPUS = (*ORDINARY, *PROPERTIES, *XML, *MARKDOWN, *HTML, *HIDDEN, *TERMINAL, *JOB, *DATA)
