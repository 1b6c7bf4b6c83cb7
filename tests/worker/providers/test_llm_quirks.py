"""Oddities of real endpoints lead to the same minutes, or to a true reason."""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from cantomeet.reasons import reason_text, warning_text
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import (
    MEETING,
    Cache,
    Extracts,
    assert_proven,
    ignore,
    kinds,
    long_meeting,
    request,
    summarizer,
)
from worker.providers import Coverage, SummaryDraft, SummaryRequest
from worker.providers.llm import LlmLimits
from worker.providers.llm.formats import Dialect, Format

SOAK = bool(os.environ.get("CANTOMEET_SOAK"))
STREAMS = ["as_asked", "never", "always"] if SOAK else ["as_asked"]
LONG = request(long_meeting(300))
SHORT_WAIT = LlmLimits(timeouts=httpx.Timeout(1.0))


def summarize(plan: ModelPlan | None = None, asked: SummaryRequest | None = None, **members: Any) -> SummaryDraft:
    asked = asked or request()
    with FakeOpenAI(plan) as fake:
        draft = summarizer(fake, **members).summarize(asked, ignore)
    assert_proven(draft, asked.lines)
    return draft


def item_facts(draft: SummaryDraft) -> list[tuple[str, str, bool]]:
    return sorted((item.kind, item.text.replace(" ", ""), item.verified) for item in draft.items)


def decided_texts(draft: SummaryDraft) -> set[str]:
    return {proof.segment_id for item in kinds(draft, "decision") for proof in item.evidence}


@pytest.fixture(scope="module")
def plain_item_facts() -> list[tuple[str, str, bool]]:
    return item_facts(summarize())


@pytest.mark.parametrize(
    "do",
    [
        *("think", "think_unopened", "think_unopened_plain", "partial_draft", "thinking_tag", "magistral", "harmony"),
        *("thought_parts", "thought_field", "thought_only", "line_break", "trailing_comma", "list_root"),
        *("json_in_string", "null_finish", "null_usage", "fenced", "prose"),
    ],
)
@pytest.mark.parametrize("streams", STREAMS)
def test_an_odd_answer_makes_the_same_minutes_at_the_same_price(do: Any, streams: Any, plain_item_facts: Any) -> None:
    draft = summarize(ModelPlan(faults=[ModelFault(do=do)], streams=streams))
    assert item_facts(draft) == plain_item_facts
    assert (draft.warnings, draft.usage and draft.usage.requests) == ((), 2)


@pytest.mark.parametrize(
    ("plan", "refused"),
    [
        (ModelPlan(system_role=False), 1),
        (ModelPlan(strict_format=True), 0),
        (ModelPlan(strict_format=True, ignores=["json_schema"]), 1),
        (ModelPlan(most_answer=2048), 1),
        (ModelPlan(streams="refused"), 1),
        (ModelPlan(streams="only"), 0),
        (ModelPlan(stream_options=False), 1),
        (
            ModelPlan(stream_options=False, temperature=False, system_role=False, length_field="max_completion_tokens"),
            4,
        ),
    ],
)
def test_an_unsupported_parameter_is_learned_once(plan: ModelPlan, refused: int, plain_item_facts: Any) -> None:
    with FakeOpenAI(plan) as fake:
        one = summarizer(fake)
        assert item_facts(one.summarize(request(), ignore)) == plain_item_facts
        assert [line["outcome"] for line in fake.log].count(400) == refused
        before = len(fake.log)
        assert item_facts(summarizer(fake, dialect=one.dialect).summarize(request(), ignore)) == plain_item_facts
        assert [line["outcome"] for line in fake.log[before:]] == [200, 200]


def test_an_endpoint_that_only_streams_is_found_again_after_one_that_did_not() -> None:
    with FakeOpenAI(ModelPlan(streams="only")) as fake:
        one = summarizer(fake, dialect=Dialect(stream=False).dumps())
        assert one.summarize(request(), ignore).method == "llm"
    assert Dialect.loads(one.dialect).stream


def test_a_model_that_only_streams_gets_streaming_again() -> None:
    plainest = Dialect(format=Format.TEXT, stream=False, temperature=False, system_role=False, stream_usage=False)
    following = plainest.after_refusal("this model only supports streaming")
    assert following is not None
    assert following.stream


def test_an_endpoint_that_refuses_streaming_and_its_absence_ends_in_its_own_words() -> None:
    fault = ModelFault(do="status", status=400, message="stream is not what we like")
    with FakeOpenAI(ModelPlan(faults=[fault])) as fake, pytest.raises(PermanentError) as refused:
        summarizer(fake).summarize(request(), ignore)
    assert "stream is not what we like" in reason_text(refused.value.code, refused.value.params, "en")
    assert len(fake.log) < 10


# ---- prompts that are too long ---------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["openai", "dashscope", "moonshot", "lmstudio", "glm", "gemini", "vague"])
@pytest.mark.parametrize("status", [400, 413, 422] if SOAK else [400])
def test_a_prompt_that_is_too_long_is_split_whatever_the_error_text(words: Any, status: Any) -> None:
    draft = summarize(ModelPlan(context_tokens=7800, context_words=words, context_status=status), LONG)
    assert draft.coverage == Coverage(300, 300)
    assert decided_texts(draft) == {f"s{n}" for n in range(0, 300, 10)}
    assert draft.warnings == ()


def test_the_answer_is_shortened_before_the_prompt_is() -> None:
    with FakeOpenAI(ModelPlan(context_tokens=4096, token_ratio=1.0)) as fake:
        one = summarizer(fake)
        assert one.summarize(request(), ignore).coverage == Coverage(len(MEETING), len(MEETING))
        assert [line["most"] for line in fake.log if line["outcome"] == 200] == [1365, 1365]
    assert Dialect.loads(one.dialect).most_answer == 1365


@pytest.mark.parametrize("words", ["openai", "dashscope", "vague"])
def test_a_context_in_which_nothing_fits_ends_in_the_endpoints_own_words(words: Any) -> None:
    plan = ModelPlan(context_tokens=300, context_words=words)
    with FakeOpenAI(plan) as fake, pytest.raises(PermanentError) as refused:
        summarizer(fake).summarize(LONG, ignore)
    assert refused.value.code is ErrorCode.PROVIDER_REJECTED
    own = {"openai": "maximum context length is 300", "dashscope": "Range of input length", "vague": "Bad Request"}
    assert own[words] in reason_text(refused.value.code, refused.value.params, "en")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "content_filter", "The response was filtered due to the prompt triggering content management policy."),
        (400, "data_inspection_failed", "Input data may contain inappropriate content."),
        (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        (400, None, "API key not valid. Please pass a valid API key."),
        (400, None, "qwen is not a valid model ID"),
        (422, None, "Unsupported parameter: 'messages.0.name' is not permitted"),
    ],
)
def test_a_refusal_for_another_reason_is_not_mistaken_for_length(status: int, code: str, message: str) -> None:
    plan = ModelPlan(faults=[ModelFault(do="status", status=status, code=code, message=message)])
    with FakeOpenAI(plan) as fake:
        with pytest.raises(PermanentError):
            summarizer(fake).summarize(LONG, ignore)
        sizes = [line["tokens_in"] for line in fake.log]
        assert min(sizes) > 0.9 * max(sizes), "it was not asked about less"


# ---- truncated prompts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.75, 1.0, 1.3])
@pytest.mark.parametrize("context", [2048, 4096])
@pytest.mark.parametrize("streams", STREAMS)
def test_a_truncated_prompt_is_detected_and_split(context: int, ratio: float, streams: Any) -> None:
    learned: list[str] = []
    with FakeOpenAI(ModelPlan(cuts_at=context, token_ratio=ratio, streams=streams)) as fake:
        draft = summarizer(fake, on_dialect=learned.append).summarize(LONG, ignore)
        cut = [line for line in fake.asked("facts") if line.get("cut")]
        assert cut, "the stand-in has cut something"
        assert len(cut) <= 5, "and was not asked the like again"
    assert decided_texts(draft) == {f"s{n}" for n in range(0, 300, 10)}
    assert draft.coverage == Coverage(300, 300)
    assert draft.warnings == ("prompt_was_cut",)
    assert Dialect.loads(learned[-1]).cuts


def test_an_unusual_context_size_is_detected_by_two_prompts_with_one_count() -> None:
    said = [(name, words * (1 if n % 10 == 0 else 1 + n % 7)) for n, (name, words) in enumerate(long_meeting(400))]
    with FakeOpenAI(ModelPlan(cuts_at=3333, token_ratio=0.7)) as fake:
        draft = summarizer(fake, limits=LlmLimits(chunk_tokens=5800)).summarize(request(said), ignore)
    assert decided_texts(draft) == {f"s{n}" for n in range(0, 400, 10)}
    assert draft.coverage == Coverage(400, 400)
    assert draft.warnings == ("prompt_was_cut",)


def test_lines_that_the_model_cannot_have_seen_are_not_covered() -> None:
    draft = summarize(ModelPlan(cuts_at=200), fallback=Extracts())
    assert (draft.method, draft.warnings) == ("extractive", ("summary_fell_back", "prompt_was_cut"))
    assert "context" in warning_text("prompt_was_cut", "en")


@pytest.mark.parametrize("ratio", [0.62, 0.7, 1.0, 1.5])
def test_an_efficient_tokenizer_is_not_mistaken_for_truncation(ratio: float) -> None:
    draft = summarize(ModelPlan(token_ratio=ratio), LONG)
    assert (draft.warnings, draft.usage and draft.usage.requests) == ((), 3)


# ---- thinking --------------------------------------------------------------------------------------------------


def error_of_exhausted_model(
    fake: FakeOpenAI, cache: Cache, answer_tokens: int = 4000, **members: Any
) -> PermanentError:
    one = summarizer(fake, limits=LlmLimits(answer_tokens=answer_tokens), **members)
    with pytest.raises(PermanentError) as failed:
        one.summarize(request(cache=cache), ignore)
    assert failed.value.code is ErrorCode.MODEL_OUT_OF_TOKENS
    return failed.value


@pytest.mark.parametrize("streams", ["as_asked", "never"])
def test_an_answer_used_up_by_thoughts_is_reported_and_not_paid_for_again(streams: Any) -> None:
    cache = Cache()
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="thought_out")], streams=streams)) as fake:
        error = error_of_exhausted_model(fake, cache)
        assert len(fake.log) == 1
        error_of_exhausted_model(fake, cache)
        assert len(fake.log) == 1, "nor when a person presses Retry"
        error_of_exhausted_model(fake, cache, 2000)
        assert len(fake.log) == 1, "nor for less"
        error_of_exhausted_model(fake, cache, 16000)
        assert len(fake.paid) == 1
        assert fake.paid.total() == 2, "for more it is"
    for language, item_facts in (("en", "on thinking"), ("zh-Hant-HK", "思考")):
        text = reason_text(error.code, error.params, language)
        assert item_facts in text
        assert "CANTOMEET_LLM_MAX_TOKENS" in text
        assert "4000" in text


def test_a_model_whose_thoughts_took_the_answer_is_asked_to_think_little_from_then_on() -> None:
    cache, learned = Cache(), list[str]()
    plan = ModelPlan(faults=[ModelFault(do="thought_out")], thinking_options=["reasoning_effort"])
    with FakeOpenAI(plan) as fake:
        error_of_exhausted_model(fake, cache, on_dialect=learned.append)
        more = summarizer(fake, limits=LlmLimits(answer_tokens=16000), dialect=learned[-1])
        assert more.summarize(request(cache=cache), ignore).method == "llm"
    assert Dialect.loads(more.dialect).restraints == ("reasoning_effort",)


def test_a_model_that_does_not_think_is_never_asked_not_to() -> None:
    with FakeOpenAI() as fake:
        summarizer(fake).summarize(LONG, ignore)
        assert {line["outcome"] for line in fake.log} == {200}


# ---- reasons ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (ModelPlan(faults=[ModelFault(do="html", status=200)]), ("web page", "sign-in")),
        (ModelPlan(faults=[ModelFault(do="no_choices")]), ("holds no text", "content filter")),
        (ModelPlan(faults=[ModelFault(do="stalls", seconds=30)]), ("said nothing for too long",)),
        (ModelPlan(faults=[ModelFault(do="dies")]), ("cut off",)),
    ],
    ids=["page", "no choices", "stalls", "dies"],
)
def test_failures_are_reported_in_plain_words(plan: ModelPlan, words: tuple[str, ...]) -> None:
    with FakeOpenAI(plan) as fake, pytest.raises(StepError) as trouble:
        summarizer(fake, limits=SHORT_WAIT).summarize(request(), ignore)
    text = reason_text(trouble.value.code, trouble.value.params, "en")
    assert all(word in text for word in words)
    assert isinstance(trouble.value, TransientError)


@pytest.mark.parametrize(
    ("asked", "listed", "known"),
    [
        ("qwen", ["qwen:latest"], True),
        ("qwen:latest", ["qwen"], True),
        ("gemini-2.0-flash", ["models/gemini-2.0-flash"], True),
        ("Qwen2.5-7B-Instruct", ["qwen2.5-7b-instruct"], True),
        ("llama", ["/models/llama.gguf"], True),
        ("qwen", ["qwen:7b", "qwen2:latest"], False),
        ("gpt-4o", ["gpt-4o-mini"], False),
        ("any", [], True),
    ],
)
def test_a_model_is_known_by_any_name_the_endpoint_has_for_it(asked: str, listed: list[str], known: bool) -> None:
    with FakeOpenAI(ModelPlan(listed=listed)) as fake:
        one = summarizer(fake, model=asked)
        if known:
            one.verify()
            return
        with pytest.raises(PermanentError) as unknown:
            one.verify()
    assert unknown.value.code is ErrorCode.MODEL_UNKNOWN


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_endpoint_without_a_list_of_models_has_no_unknown_model(status: int) -> None:
    with FakeOpenAI(
        ModelPlan(faults=[ModelFault(on="models", do="status", status=status, message="model not found")])
    ) as fake:
        summarizer(fake).verify()


def test_a_web_page_instead_of_the_list_of_models_is_named() -> None:
    plan = ModelPlan(faults=[ModelFault(on="models", do="html", status=200)])
    with FakeOpenAI(plan) as fake, pytest.raises(TransientError) as page:
        summarizer(fake).verify()
    assert page.value.params["page"]
