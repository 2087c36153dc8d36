"""Model ids that are text for somebody: a shell, an interpreter, a browser, a terminal, a path.

All else is honest, so the deployment is conformant whatever its models are called. `CANARY` stands
for a path that nothing makes but the text itself, once it is executed.
"""

from __future__ import annotations

from tests.hostile.ground import (
    BLAMED,
    CONFORMANT,
    MODELS,
    ODD,
    RUDE,
    Call,
    Deployment,
    add,
    anything,
    hostile,
)

# Run with the clients, too, at the standard tier: these are the ones that their programs would run.
EXECUTED = {
    "shell-single-quotes": "x'; touch CANARY; '",
    "python-single-quotes": "x'+str(__import__('os').system('touch CANARY'))+'",
    "curl-form-file": "</proc/self/environ;type=text/plain",
    "shell-parent-environment": "x'; tr '\\0' '\\n' </proc/$PPID/environ >CANARY; '",
}
PRINTED = {
    "python-double-quotes": 'x"+str(__import__("os").system("touch CANARY"))+"',
    "curl-file-arguments": "@/proc/self/environ",
    "curl-option": "-o CANARY -K /etc/passwd",
    "shell-substitution": 'x$(touch CANARY)`touch CANARY`${IFS}"; touch CANARY; "',
    "shell-newline": "x\ntouch CANARY\n",
    "shell-variable": "x$COMPACTIFAI_API_KEY${COMPACTIFAI_API_KEY}",
    "python-triple-quotes": "x'''\nimport os\nos.system('touch CANARY')\n'''\"\"\"\\",
    "python-format": "{0.__class__.__mro__}{self}{key}%s%n%(key)s%999999999d",
    "node-single-quotes": "x'+require('fs').writeFileSync('CANARY','')+'",
    "node-template": "${require('child_process').execSync('touch CANARY')}`",
    "jinja-template": "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for x in range(10**9) %}",
    "sql": "x'; DROP TABLE clauses; --",
    "yaml-tag": '!!python/object/apply:os.system ["touch CANARY"]',
    "toml-table": 'x"\n[[waiver]]\nclause = "MODELS-LIST-01"\nreason = "',
    "html-script": "<script src=//127.0.0.1:9/x.js></script><img src=x onerror=alert(1)>",
    "html-attribute": '" onmouseover="alert(1)" x=\'',
    "markdown-image": "![x](http://127.0.0.1:9/leak) [y](javascript:alert(1))",
    "markdown-table": "a | b | c |\n|---|---|\n# NOT CONFORMANT\n```\n<!--",
    "xml-section": ']]></failure><testcase name="x"/><!--&xxe;<!DOCTYPE a [<!ENTITY b "c">]>',
    "xml-controls": "a\x01\x08\x0b\x0c\x0e\x1f\ufffe\uffffb",
    "csv-formula": "=cmd|'/C calc'!A0,\"\n@SUM(1+1)",
    "properties-line": "x\nVerdict=CONFORMANT\\\nSuite=0",
    "github-command": "x\n::set-output name=a::b\n::stop-commands::c\n##[add-path]/tmp",
    "terminal-escapes": "\x1b[2J\x1b]0;owned\x07\x1b[31m\x1bPq\x1b\\x",
    "terminal-c1": "\x9b31m\x9d0;owned\x9c\x90x\x84\x85y",
    "terminal-returns": "x\r\x1b[KCONFORMANT\b\b\b\x7f\v\f",
    "text-direction": "abc\u202edcba\u2066\u200b\u2028\u2029\ufeffx",
    "path-up": "../../../../../../CANARY",
    "path-absolute": "CANARY",
    "path-dots": "..",
    "path-encoded": "%2e%2e%2f%2e%2e%2fCANARY%00.json",
    "url-query": "x?y=1&z=2#fragment;a=b",
    "pattern-slow": "(a+)+$|(.*a){25}" + "a" * 60,
    "pattern-glob": "[!a]*?{a,b}**/[",
    "our-placeholder": "{base-url}your-compactifai-api-key[REDACTED]",
    "null-byte": "x\0y",
    "white-space": " \t x \u00a0\u3000 ",
    "long": "x" * 60_000,
}


async def _honest(call: Call) -> None:
    await call.pass_on()


for _name, _id in {**EXECUTED, **PRINTED}.items():
    add(
        Deployment(
            f"names-its-model-{_name}",
            "ids",
            _honest,
            ODD if _name in ("null-byte", "white-space", "path-dots", "long") else CONFORMANT,
            anything,
            ids=(_id,),
            hears=f"{_id} hears",
            tier="standard" if _name in EXECUTED else "smoke",
        )
    )


async def _lists(call: Call, *ids: object) -> None:
    """The honest list, with an entry more for each of these ids."""
    entries = (await call.honest()).json["data"]
    await call.answer(
        json={"object": "list", "data": [*entries, *({**entries[0], "id": i} for i in ids)]}
    )


@hostile(ODD, MODELS)
async def names_a_model_with_half_a_character(call: Call) -> None:
    await _lists(call, "x\ud800y", "\udfff")


@hostile(BLAMED, MODELS)
async def names_a_model_with_nothing(call: Call) -> None:
    await _lists(call, "")


@hostile(BLAMED, MODELS)
async def names_a_model_twice(call: Call) -> None:
    await _lists(call, *["plain-1b"] * 3)


@hostile(BLAMED, MODELS)
async def names_models_with_no_text(call: Call) -> None:
    await _lists(call, {"a": ["b"]}, 5, None, True, [[]], 1e308)


@hostile(RUDE, MODELS)
async def names_a_model_by_the_key(call: Call) -> None:
    await _lists(call, call.key, call.key[::-1], f"x-{call.key}-y")


@hostile(ODD, ids=("m" * (1 << 20),))
async def names_its_model_with_a_megabyte(call: Call) -> None:
    await call.pass_on()


@hostile(CONFORMANT, ids=tuple(f"model-{number}" for number in range(20_000)))
async def lists_twenty_thousand_models(call: Call) -> None:
    await call.pass_on()
