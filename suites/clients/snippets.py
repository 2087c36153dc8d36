"""The printed snippets as programs: as printed, but for URL, key, model and file names.

In a program, a printed URL or model becomes a name: the text that replaces the printed one is as
constant as that is, and the name's value is data. A printed command is split into its words once;
in those, the URL, the model in the path, and the model in the body are replaced as what they are.
A test undoes it all and finds the printed text again. A key that is printed as a placeholder stays
one: the recording proxy knows it.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from fixtures import examples
from schemas.outcomes import NotApplicable
from suites.clients import tools
from suites.clients.runs import PLACEHOLDER, Address, Program, Step, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.deployment import Deployment
    from suites.clients.tools import Tool

CHAT = {"cai-llama-3-1-8b-slim": "chat"}
ENDPOINT = "https://your-compactifai-api-endpoint/v1"
REFERENCE = "https://api.compactif.ai/v1"
ELIDED = ("messages=[...]", 'messages=[{"role": "user", "content": "Say OK"}]')
ROUTE = "compactifai/"
LONGEST_WORD = 128 * 1024 - 1  # bytes of an argument that Linux takes
FORM_AS_IT_IS = "--form-string"  # where -F would read a file that begins with @
GUIDE = "guide.py"
LONE = "surrogatepass"  # how half of a pair, which JSON may hold, becomes bytes


@dataclass(frozen=True, eq=False)
class Snippet:
    """A printed snippet: who runs it, its URL and models, and the part that is run.

    `models` names the role that plays each printed model. `part` are the first words of the part
    that is run after the head, where a snippet holds several: one that fails hides no other.
    `before` and `after` are functions of `programs/guide.py`: what makes the names that a snippet
    takes for granted, and what calls what it defines.
    """

    example: str
    tool: Tool
    url: str = ENDPOINT
    models: Mapping[str, str] | None = None
    part: tuple[str, str] = ("", "")
    before: str = ""
    after: str = ""
    env: Mapping[str, str] | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The example's name, and the first words of the part that is run."""
        slug = self.part[0].strip("# ").lower().replace(" ", "-")
        return f"{self.example}-{slug}" if slug else self.example

    @property
    def printed(self) -> str:
        """The restored text of the document, or the part of it that is run."""
        text = examples.load()[self.example].text
        begin, end = self.part
        if not begin:
            return text
        head = text[: text.index(HEAD_ENDS)]
        return head + text[text.index(begin) : text.index(end) if end else len(text)]

    @property
    def roles(self) -> Mapping[str, str]:
        """The role that plays each printed model."""
        return CHAT if self.models is None else self.models

    @property
    def substitutions(self) -> list[tuple[str, str]]:
        """What stands instead of what in the text of a program: names instead of quoted strings.

        LiteLLM knows the vendor's URL by itself: the address is given as api_base.
        """
        found = list(self.also)
        for mark in ("'", '"'):
            found.append((f"{mark}{self.url}", f"BASE_URL + {mark}"))
            for printed in self.roles:
                model = f"MODELS[{mark}{printed}{mark}]"
                found.append((f"{mark}{printed}{mark}", model))
                prefixed = f"{mark}{ROUTE}{mark} + {model}, api_base=BASE_URL"
                found.append((f"{mark}{ROUTE}{printed}{mark}", prefixed))
        return [(old, new) for old, new in found if old in self.printed]

    @property
    def text(self) -> str:
        """The text that is run: the same for each deployment."""
        text = self.printed
        for old, new in self.substitutions:
            text = text.replace(old, new)
        return text

    def program(self, dut: Deployment) -> Program:
        """The program for this deployment. Raises NotApplicable when no model plays a part."""
        chosen = {role: dut.cast.model(role) for role in self.roles.values()}
        env = self.env or {}
        if self.tool.runs == "command":
            return Program(self.name, env=env, arguments=self.arguments(chosen))
        steps = [Step(GUIDE, self.before)] if self.before else []
        steps.append(Step(self.example, text=self.text))
        steps += [Step(GUIDE, self.after)] if self.after else []
        models = {printed: chosen[role] for printed, role in self.roles.items()}
        values = {"API_KEY": PLACEHOLDER, "MODELS": models, "MODEL": chosen.get("chat", "")}
        return Program(self.name, tuple(steps), values, env)

    def arguments(self, chosen: Mapping[str, str]) -> tuple[Word | Address, ...]:
        """The words of a printed command behind its name. Raises NotApplicable."""
        found: list[Word | Address] = []
        for word in _words(self.printed):
            for printed, role in self.roles.items():
                if word == f"model={printed}":
                    found[-1] = Word(FORM_AS_IT_IS)  # in which no letter has a meaning of its own
                    found.append(_fitting(f"model={chosen[role]}"))
                    break
                if f'"{printed}"' in word:
                    found.append(_fitting(word.replace(f'"{printed}"', json.dumps(chosen[role]))))
                    break
                if word == f"{self.url}/models/{printed}":
                    found.append(Address(f"/models/{quote(chosen[role], safe='', errors=LONE)}"))
                    break
            else:
                below = word.startswith(self.url)
                found.append(Address(word.removeprefix(self.url)) if below else Word(word))
        return tuple(found)


def _words(command: str) -> list[str]:
    """The words of a printed command behind its name, as a shell reads them."""
    return shlex.split(command.replace("\\\n", " "))[1:]


def _fitting(text: str) -> Word:
    """The text as an argument. Raises NotApplicable where no command can be given it."""
    if "\0" in text or len(text.encode("utf-8", LONE)) > LONGEST_WORD:
        raise NotApplicable("the model's id cannot be an argument of a command")
    return Word(text)


HEAD_ENDS = "# Chat completions\n"
STARTED = "compat-python-getting-started"
PY_CHAT = Snippet(
    STARTED, tools.OPENAI, part=("# Chat completions", "# Streaming chat completions")
)
PY_STREAM = Snippet(
    STARTED, tools.OPENAI, part=("# Streaming chat completions", "# Audio transcriptions")
)
WHISPER = {"whisper-large-v3": "transcription"}
PY_STARTED_AUDIO = Snippet(
    STARTED, tools.OPENAI, models=WHISPER, part=("# Audio transcriptions", "")
)
PY_AUDIO = Snippet("compat-python-audio", tools.OPENAI, models=WHISPER)
PY_MAIN = Snippet("compat-python-main", tools.OPENAI)
PYTHON = (PY_CHAT, PY_STREAM, PY_STARTED_AUDIO, PY_AUDIO, PY_MAIN)
NODE_MAIN = Snippet("compat-node-main", tools.OPENAI_NODE)
REQUESTS = Snippet(
    "respapi-python-requests",
    tools.REQUESTS,
    url=REFERENCE,
    models={"hypernova-60b": "responses"},
)
_RESPONSES = {"gpt-oss-20b": "responses"}
CURL = tuple(
    Snippet(name, tools.CURL, url=REFERENCE, models=models)
    for name, models in {
        "ref-models-list-curl": {},
        "ref-model-retrieve-curl": CHAT,
        "ref-chat-curl": CHAT,
        "ref-chat-reasoning-enabled-curl": CHAT,
        "ref-chat-reasoning-effort-curl": {"gpt-oss-20b": "reasoning"},
        "ref-chat-stream-curl": CHAT,
        "ref-responses-curl": _RESPONSES,
        "ref-responses-stream-curl": _RESPONSES,
        "ref-completions-curl": {"cai-llama-3-1-8b-slim": "completions"},
        "ref-audio-curl": WHISPER,
        "respapi-stream-curl": _RESPONSES,
    }.items()
)

_KEY = {"COMPACTIFAI_API_KEY": PLACEHOLDER}
LITELLM_CHAT = Snippet("litellm-completion", tools.LITELLM)
LITELLM_STREAM = Snippet("litellm-streaming", tools.LITELLM)
LITELLM_CUSTOM = Snippet("litellm-custom-parameters", tools.LITELLM, env=_KEY)
LITELLM_TOOLS = Snippet(
    "litellm-function-calling",
    tools.LITELLM,
    models={"cai-llama-3-1-8b-slim": "tools"},
    env=_KEY,
)
LITELLM_ASYNC = Snippet("litellm-async", tools.LITELLM, env=_KEY)
LITELLM_LIMIT = Snippet("litellm-error-handling", tools.LITELLM, env=_KEY)
LITELLM_MODELS = Snippet(
    "litellm-httpx-models",
    tools.HTTPX,
    url=REFERENCE,
    models={},
    before="key",
    after="listed",
)
LITELLM = (
    *(LITELLM_CHAT, LITELLM_STREAM, LITELLM_CUSTOM),
    *(LITELLM_TOOLS, LITELLM_ASYNC, LITELLM_LIMIT),
)
OTHER_PROVIDERS = tuple(
    Snippet(
        f"guide-{name}-python",
        tools.OPENAI,
        url=url,
        models={model: "chat"},
        before="names",
        env={variable: PLACEHOLDER} if variable else {},
    )
    for name, url, model, variable in (
        ("groq", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", "GROQ_API_KEY"),
        (
            *("openrouter", "https://openrouter.ai/api/v1"),
            *("meta-llama/llama-3.3-70b-instruct:free", "OPENROUTER_API_KEY"),
        ),
        ("ollama", "http://localhost:11434/v1", "llama3.2", ""),
        (
            *("vercel", "https://ai-gateway.vercel.sh/v1"),
            *("anthropic/claude-sonnet-4", "AI_GATEWAY_API_KEY"),
        ),
        (
            *("anthropic", "https://api.anthropic.com/v1"),
            *("claude-3-sonnet-20240229", "ANTHROPIC_API_KEY"),
        ),
    )
)
LLAMA = {"llama3.2": "chat"}
MULTI = Snippet(
    "guide-multi-provider-python",
    tools.OPENAI,
    url="http://localhost:11434/v1",
    models={"llama3.2": "chat", "gpt-4o-mini": "chat"},
    also=(('"https://api.openai.com/v1"', "BASE_URL"),),
    before="names",
    after="providers",
    env={"OPENAI_API_KEY": PLACEHOLDER},
)
CONVERSATION = Snippet(
    "guide-conversation-manager-python",
    tools.OPENAI,
    models=LLAMA,
    before="client",
    after="conversation",
)
TEMPERATURES = Snippet("guide-temperature-python", tools.OPENAI, models=LLAMA, before="client")
STORY = Snippet("guide-streaming-python", tools.OPENAI, models=LLAMA, before="client")
GUIDE_TOOLS = Snippet(
    "guide-tools-python", tools.OPENAI, models={"llama3.2": "tools"}, before="client"
)
SAFE = Snippet("guide-python-error-handling", tools.OPENAI, models=LLAMA, before="client")


JSON_MODE = Snippet("guide-json-mode-python", tools.OPENAI, models=LLAMA, before="client")
JSON_SCHEMA = Snippet(
    "guide-json-schema-python",
    tools.OPENAI,
    models={"gpt-4o": "chat"},
    before="client",
    also=(ELIDED,),
)
USAGE = Snippet("guide-usage-python", tools.OPENAI, before="response", after="usage")


def programs(dut: Deployment, snippets: tuple[Snippet, ...]) -> tuple[Program, ...]:
    """The programs of those snippets whose models this deployment has."""
    found = []
    for snippet in snippets:
        try:
            found.append(snippet.program(dut))
        except NotApplicable:
            continue
    return tuple(found)
