"""The whole answer as one JSON object, for callers that cannot stream."""

from django.http import HttpRequest, HttpResponse

from chat.errors import ChatError
from chat.events import Charge, Done, Failed
from chat.generation.replay import collect
from chat.generation.start import Ask, begin
from chat.views.access import Caller, api, parse, refuse, respond


@api("POST")
async def complete(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Ask, and wait for the end of the answer."""
    generation_id = await begin(caller.user, caller.api_key, parse(request, Ask))
    start, content, end = await collect(caller.user, generation_id)
    charge = next((event for event in end if isinstance(event, Charge)), None)
    ids = {"conversation_id": start.conversation_id, "message_id": start.message_id}
    match end[-1]:
        case Failed(error_type, message):
            return refuse(ChatError(error_type, message), **ids, content=content)
        case Done(finish_reason):
            return respond(
                {
                    "content": content,
                    "model": start.model,
                    "finish_reason": finish_reason,
                    "usage": {
                        "prompt_tokens": charge and charge.prompt_tokens,
                        "completion_tokens": charge and charge.completion_tokens,
                        "total_tokens": charge and charge.total_tokens,
                    },
                    "cost": charge and charge.cost,
                    **ids,
                }
            )
    raise ChatError("unknown", "The generation did not say how it ended.")
