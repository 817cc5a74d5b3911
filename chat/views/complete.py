"""The whole answer as one JSON object, for callers that cannot stream."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat.access.subscription import admit
from chat.errors import ChatError
from chat.events import Charge, Done, Failed
from chat.generation.request import ChatRequest
from chat.generation.start import begin
from chat.generation.stream import collect
from chat.limits import Place
from chat.views.access import Caller, api, parse, refuse, respond


@api("POST")
async def complete(request: HttpRequest, caller: Caller) -> HttpResponse:
    """ChatRequest, and wait for the end of the answer."""
    ask = parse(request, ChatRequest)
    place = Place(caller.user.pk, settings.CHAT_MAX_FOLLOWERS_PER_USER)
    try:
        generation_id = await begin(caller.user, caller.api_key, ask, can_return=False)
        with admit(caller.credential) as admission, admission.waiting():
            start, content, end = await collect(caller.user, generation_id)
    finally:
        place.leave()
    ids = {"conversation_id": start.conversation_id, "message_id": start.message_id}
    charge = next((event for event in end if isinstance(event, Charge)), None)
    match end[-1]:
        case Failed(error_type, message):
            return refuse(ChatError(error_type, message), **ids, content=content)
        case Done(finish_reason, parsed=parsed, finish_detail=detail):
            return respond(
                {
                    "content": content,
                    "model": start.model,
                    "finish_reason": finish_reason,
                    "finish_detail": detail,
                    "usage": {
                        "prompt_tokens": charge.prompt_tokens if charge else None,
                        "completion_tokens": charge.completion_tokens if charge else None,
                        "total_tokens": charge.total_tokens if charge else None,
                    },
                    "cost": charge.cost if charge else None,
                    **ids,
                    **({} if parsed is None else {"parsed": parsed}),
                }
            )
    raise ChatError("unknown", "The generation did not say how it ended.")
