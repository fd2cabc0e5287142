"""An OpenAI-compatible server, asked through the openai library: chat completions, with JSON output as far as it knows how.

The library waits and tries again by itself where a server is busy, fails or is silent. What a server does not know (a JSON
schema, a temperature, the name of the length limit) is left out of the next request, and it is not asked for it again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ingest.extract._llm_answer import BadAnswer, Completion, completion
from ingest.extract._llm_deadline import Deadlines
from ingest.extract._llm_prompt import Message, schema
from ingest.text import clean
from kg.errors import Refused

if TYPE_CHECKING:
    import openai

LONGEST_BODY = 4_000_000
"""Bytes of a reply; what is longer is not read on."""
SECONDS = 120.0
"""For one reply, unless ``EXAPT_LLM_TIMEOUT`` says otherwise."""
RETRIES = 4
"""By the library, with waits that grow, and as long as the server asks for where it does."""

_TRANSIENT = frozenset((408, 409, 413, 425, 429))
_FORMS: tuple[Literal["json_schema", "json_object", "plain"], ...] = ("json_schema", "json_object", "plain")


class Unanswered(Exception):
    """One request that brought no answer, though the next one may: the server is busy, fails, is silent, or declined this one."""


@dataclass(frozen=True, slots=True)
class _Manners:
    """What a request may hold, learned from what the server refuses."""

    form: int = 0
    limit: str | None = "max_tokens"
    temperature: bool = True

    def request(self, tokens: int) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if self.limit:
            extra[self.limit] = tokens
        if self.temperature:
            extra["temperature"] = 0
        form = _FORMS[self.form]
        if form == "json_schema":
            named = {"name": "mappings", "strict": True, "schema": schema()}
            extra["response_format"] = {"type": form, "json_schema": named}
        elif form == "json_object":
            extra["response_format"] = {"type": form}
        return extra

    def humbler(self, refusal: str) -> _Manners | None:
        """What to try after ``refusal``; ``None`` where nothing is left to leave out."""
        if self.temperature and "temperature" in refusal:
            return replace(self, temperature=False)
        if self.limit == "max_tokens" and "max_completion_tokens" in refusal:
            return replace(self, limit="max_completion_tokens")
        if self.limit and ("max_tokens" in refusal or "context length" in refusal):
            return replace(self, limit=None)
        return replace(self, form=self.form + 1) if self.form + 1 < len(_FORMS) else None


class Endpoint:
    """One model at one server.

    Args:
        url: where its API begins, such as ``http://localhost:8000/v1``.
        model: as the server names it.
        key: sent as bearer token; a local server mostly wants none.
        seconds: that one reply may take.
        retries: of the library, for one request.

    Raises:
        Refused: the address, the key or the model's name cannot be one, or the library is not installed.
    """

    def __init__(self, *, url: str, model: str, key: str = "", seconds: float = SECONDS, retries: int = RETRIES) -> None:
        self.url, self.model, self._key, self._seconds = _address(url), model, key, seconds
        if not model.strip() or not model.isprintable() or len(model) > 200:
            raise Refused("EXAPT_LLM_MODEL is the name of a model as its server lists it, on one line")
        if not (key.isascii() and key.isprintable()):
            raise Refused("the key in EXAPT_LLM_KEY or OPENAI_API_KEY holds characters that no key has; set it again")
        self._deadlines = Deadlines(seconds)
        self._client = _client(self.url, key, seconds, retries, self._deadlines)
        self._manners = _Manners()
        self._has_answered = False

    def ask(self, asked: list[Message], *, tokens: int) -> Completion:
        """The model's answer to a conversation.

        Args:
            asked: the messages.
            tokens: that the answer may have.

        Raises:
            BadAnswer: a reply that is no chat completion, breaks off, is too long or too slow.
            Unanswered: none came, for this request.
            Refused: none will come: wrong key, no such model, nobody at this address.
        """
        import openai

        manners: _Manners | None = self._manners
        while manners is not None:
            try:
                said = completion(self._body(asked, manners.request(tokens)))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                refusal = self._said(error)
                manners = manners.humbler(refusal)
            except openai.APIStatusError as error:
                raise self._trouble(error) from error
            except openai.APITimeoutError as error:
                raise Unanswered(f"no answer within {self._seconds:g} s") from error
            except openai.APIConnectionError as error:
                if self._deadlines.passed:
                    raise Unanswered(f"no answer within {self._seconds:g} s") from error
                if self._has_answered:
                    raise Unanswered("the connection failed") from error
                raise Refused(f"nobody answers at {self.url}; is EXAPT_LLM_URL right, and does the server run?") from error
            else:
                self._manners, self._has_answered = manners, True
                return said
        raise Unanswered(f"the server declined it: {refusal}")

    def _body(self, asked: list[Message], extra: dict[str, Any]) -> bytes:
        """The reply's bytes, as many as an answer can have, for as long as one may take."""
        import openai

        messages: Any = asked
        body = bytearray()
        answering = self._client.chat.completions.with_streaming_response
        try:
            with answering.create(model=self.model, messages=messages, **extra) as reply:
                for part in reply.iter_bytes():
                    body += part
                    if len(body) > LONGEST_BODY:
                        raise BadAnswer("the server's reply was far too long")
        except (BadAnswer, openai.OpenAIError):
            raise
        except Exception as error:  # of the library's HTTP layer, which differs between its versions
            raise BadAnswer(f"the server's reply {'took too long' if self._deadlines.passed else 'broke off'}") from error
        finally:
            self._deadlines.end()
        if self._deadlines.passed:
            # A body whose length was not announced ends like a whole one when its connection is shut.
            raise BadAnswer("the server's reply took too long")
        return bytes(body)

    def _trouble(self, error: openai.APIStatusError) -> Exception:
        status, said = error.status_code, self._said(error)
        if status == 429 and error.code == "insufficient_quota":
            return Refused(f"the quota of this key at {self.url} is used up: {said}")
        if status in _TRANSIENT or status >= 500:
            return Unanswered(f"the server answers {status}: {said}")
        if status in (401, 403):
            return Refused(f"{self.url} does not accept the key ({status}: {said}); set EXAPT_LLM_KEY")
        if status == 404:
            return Refused(f"{self.url} knows no model {self.model!r} ({said}); check EXAPT_LLM_MODEL and EXAPT_LLM_URL")
        return Refused(f"{self.url} does not answer as an OpenAI-compatible server does ({status}: {said})")

    def _said(self, error: openai.APIStatusError) -> str:
        """The server's own words, as one short printable line that does not hold the key."""
        body = error.body
        words = body.get("message") if isinstance(body, dict) else None
        line = clean(words if isinstance(words, str) else error.message)
        return (line.replace(self._key, "…") if self._key else line)[:200]


def from_environment() -> Endpoint:
    """The endpoint that ``EXAPT_LLM_URL``, ``EXAPT_LLM_MODEL`` and ``EXAPT_LLM_KEY`` (else ``OPENAI_API_KEY``) name.

    Raises:
        Refused: one of them is missing or cannot be right.
    """
    url, model = os.environ.get("EXAPT_LLM_URL", ""), os.environ.get("EXAPT_LLM_MODEL", "")
    if not url or not model:
        raise Refused(
            "no language model is named: set EXAPT_LLM_URL to an OpenAI-compatible address, such as http://localhost:8000/v1, "
            "EXAPT_LLM_MODEL to a model that it serves, and EXAPT_LLM_KEY where it wants a key"
        )
    key = os.environ.get("EXAPT_LLM_KEY") or os.environ.get("OPENAI_API_KEY") or ""
    return Endpoint(url=url, model=model, key=key.strip(), seconds=_seconds())


def _seconds() -> float:
    value = os.environ.get("EXAPT_LLM_TIMEOUT") or str(SECONDS)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise Refused(f"EXAPT_LLM_TIMEOUT is a number of seconds above 0, not {value[:40]!r}")
    return seconds


def address(url: str) -> str:
    """``url`` as all requests and the cache know it: without the call's own path at its end."""
    return url.strip().rstrip("/").removesuffix("/chat/completions")


def _address(url: str) -> str:
    try:
        parts = urlsplit(address(url))
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right or not url.strip().isprintable():
        raise Refused("EXAPT_LLM_URL must be an address such as http://localhost:8000/v1 (the key goes in EXAPT_LLM_KEY)")
    return address(url)


def _client(url: str, key: str, seconds: float, retries: int, deadlines: Deadlines) -> openai.OpenAI:
    try:
        import openai
    except ImportError as error:
        raise Refused("the language-model reader needs the openai library; add it: pip install 'exapt[llm]'") from error
    # Without a key the library does not start; servers that want none do not look at it.
    return openai.OpenAI(
        base_url=url,
        api_key=key or "none",
        timeout=seconds,
        max_retries=retries,
        http_client=openai.DefaultHttpxClient(event_hooks={"request": [deadlines.begin]}),
        # A connection a reply, so that the deadline knows the one to shut; opening it is a small part of what a reply takes.
        default_headers={"Connection": "close"},
    )
