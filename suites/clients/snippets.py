"""The printed snippets as programs: as printed, but for URL, key, model and file names.

Each substitution is an exact string, named here; a test undoes them all and finds the printed text
again. What is printed in place of a key is replaced when the program is run (`runs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixtures import examples
from fixtures.outcomes import NotApplicable
from suites.clients import tools
from suites.clients.runs import BASE, PLACEHOLDER, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.deployment import Deployment
    from suites.clients.tools import Tool

CHAT = {"cai-llama-3-1-8b-slim": "chat"}
ENDPOINT = "https://your-compactifai-api-endpoint/v1"
REFERENCE = "https://api.compactif.ai/v1"
CLIENT = f"""\
import os
from openai import OpenAI
client = OpenAI(base_url="{BASE}", api_key="{PLACEHOLDER}")
"""


@dataclass(frozen=True, eq=False)
class Snippet:
    """A printed snippet: who runs it, its URL and models, and the part that is run.

    `models` names the role that plays each printed model. `part` are the first words of the part
    that is run after the head, where a snippet holds several: one that fails hides no other.
    `addressed` are snippets of LiteLLM, whose URL is built in: the address is given as api_base.
    """

    example: str
    tool: Tool
    url: str = ENDPOINT
    models: Mapping[str, str] | None = None
    part: tuple[str, str] = ("", "")
    prelude: str = ""
    addressed: bool = False
    env: Mapping[str, str] | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The example's name, and the first words of the part that is run."""
        told = self.part[0].strip("# ").lower().replace(" ", "-")
        return f"{self.example}-{told}" if told else self.example

    @property
    def printed(self) -> str:
        """The restored text of the document, or the part of it that is run."""
        text = examples.load()[self.example].text
        begin, end = self.part
        if not begin:
            return text
        head = text[: text.index(HEAD_ENDS)]
        return head + text[text.index(begin) : text.index(end) if end else len(text)]

    def substitutions(self, dut: Deployment) -> list[tuple[str, str]]:
        """What stands instead of what. Raises NotApplicable when no model plays a part."""
        models = CHAT if self.models is None else self.models
        found = [(self.url, BASE), *self.also]
        for printed, role in models.items():
            model = dut.cast.model(role)
            if self.addressed:
                old, new = f'model="compactifai/{printed}"', f'model="compactifai/{model}"'
                found.append((old, f'{new}, api_base="{BASE}"'))
            else:
                found.append((printed, model))
        return found

    def program(self, dut: Deployment) -> Program:
        """The program for this deployment."""
        text = self.printed
        for old, new in self.substitutions(dut):
            text = text.replace(old, new)
        return Program(self.name, text, self.prelude, self.env or {})


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
LITELLM_CHAT = Snippet("litellm-completion", tools.LITELLM, addressed=True)
LITELLM_STREAM = Snippet("litellm-streaming", tools.LITELLM, addressed=True)
LITELLM_CUSTOM = Snippet("litellm-custom-parameters", tools.LITELLM, addressed=True, env=_KEY)
LITELLM_TOOLS = Snippet(
    "litellm-function-calling",
    tools.LITELLM,
    models={"cai-llama-3-1-8b-slim": "tools"},
    addressed=True,
    env=_KEY,
)
LITELLM_ASYNC = Snippet("litellm-async", tools.LITELLM, addressed=True, env=_KEY)
LITELLM_LIMIT = Snippet("litellm-error-handling", tools.LITELLM, addressed=True, env=_KEY)
LITELLM_MODELS = Snippet(
    "litellm-httpx-models",
    tools.HTTPX,
    url=REFERENCE,
    models={},
    prelude=f'your_api_key = "{PLACEHOLDER}"\n',
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
        prelude="import os\nfrom openai import OpenAI\n",
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
    also=(("https://api.openai.com/v1", BASE),),
    prelude="import os\nfrom openai import OpenAI\n",
    env={"OPENAI_API_KEY": PLACEHOLDER},
)
CONVERSATION = Snippet(
    "guide-conversation-manager-python", tools.OPENAI, models=LLAMA, prelude=CLIENT
)
TEMPERATURES = Snippet("guide-temperature-python", tools.OPENAI, models=LLAMA, prelude=CLIENT)
STORY = Snippet("guide-streaming-python", tools.OPENAI, models=LLAMA, prelude=CLIENT)
GUIDE_TOOLS = Snippet(
    "guide-tools-python", tools.OPENAI, models={"llama3.2": "tools"}, prelude=CLIENT
)
SAFE = Snippet("guide-python-error-handling", tools.OPENAI, models=LLAMA, prelude=CLIENT)


JSON_MODE = Snippet("guide-json-mode-python", tools.OPENAI, models=LLAMA, prelude=CLIENT)
ELIDED = ("messages=[...]", 'messages=[{"role": "user", "content": "Say OK"}]')
JSON_SCHEMA = Snippet(
    "guide-json-schema-python",
    tools.OPENAI,
    models={"gpt-4o": "chat"},
    prelude=CLIENT,
    also=(ELIDED,),
)
USAGE = Snippet("guide-usage-python", tools.OPENAI, models={}, prelude=CLIENT)


def programs(dut: Deployment, snippets: tuple[Snippet, ...]) -> tuple[Program, ...]:
    """The programs of those snippets whose models this deployment has."""
    found = []
    for snippet in snippets:
        try:
            found.append(snippet.program(dut))
        except NotApplicable:
            continue
    return tuple(found)
