"""The pages people see: the empty thread, and a conversation."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from msgspec import to_builtins

from chat.budgets.status import statuses
from chat.catalog.choice import Choice, choices, newcomers, recent
from chat.models import ChatModel, Conversation
from chat.models.tree import Tree
from chat.views import thread
from chat.views.listing import PAGE_SIZE, next_cursor
from chat.views.modulepreload import imports
from chat.views.summary import summaries
from chat.views.thread import ThreadMessage

# How many messages a page has at first, and how many of them at least go before the one that is looked for.
SHOWN: Final = 40
SHOWN_BEFORE: Final = 4
# How many models used last stand above the others in the picker.
RECENT: Final = 4
# Named in the page's head, so that the browser fetches them all at once and not import by import.
MODULES: Final = imports(settings.BASE_DIR / "static", "chat/main.js")
STARTERS: Final = (
    "How does a bicycle stay upright?",
    "Plan three easy dinners for this week",
    "Write a haiku about the first snow",
    "Sort my photos by date with a Python script",
)


class SignedInRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User


@dataclass(frozen=True, slots=True)
class Shown:
    """A message, and as JSON what the browser needs to know of it beyond its text."""

    message: ThreadMessage
    turn: str


@require_safe
@never_cache
@ensure_csrf_cookie
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """The empty thread."""
    return _page(request, None, {})


@require_safe
@never_cache
@ensure_csrf_cookie
@login_required
def conversation(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The end of a conversation's branch, or with `at` of the one that runs through a message; 404 if not one's own."""
    mine = Conversation.objects.of(request.user).select_related("model")
    found = get_object_or_404(mine, pk=conversation_id)
    tree = Tree.of(found)
    names, more = _window(tree, found, request.GET.get("at", ""))
    # Not called messages: that is what Django calls the notes of other pages to somebody.
    turns = [shown(message) for message in thread.messages(found, tree, names)]
    return _page(request, found.model, {"conversation": found, "turns": turns, "more": more})


def _window(tree: Tree, conversation: Conversation, at: str) -> tuple[list[UUID], bool]:
    """Return the ids of the messages to show, and whether older ones go before them."""
    try:
        wanted = UUID(at)
    except ValueError:
        wanted = None
    if wanted not in tree:
        wanted = None
    branch = tree.branch(wanted or conversation.leaf_id)
    begin = max(0, len(branch) - SHOWN)
    if wanted is not None:
        # What led to it stands above it.
        begin = max(0, min(begin, branch.index(wanted) - SHOWN_BEFORE))
    return branch[begin:], begin > 0


def _page(request: SignedInRequest, model: ChatModel | None, context: dict[str, Any]) -> HttpResponse:
    """Render the page. It has what a new conversation needs, too, which can begin in it without another request."""
    offered = choices(request.user)
    names = [choice.name for choice in offered]
    mine = Conversation.objects.listed(request.user).filter(archived=False).select_related("model")
    rows = list(mine[: PAGE_SIZE + 1])
    # Pinned ones stand above the others, however old they are.
    listed = {row.pk: row for row in [*mine.filter(pinned=True)[:PAGE_SIZE], *rows[:PAGE_SIZE]]}
    used = [name for name in recent(request.user, RECENT) if name in names]
    fresh = next(iter(used), newcomers(offered))
    frame = {
        "modules": MODULES,
        "name": request.user.get_short_name() or request.user.get_username(),
        "starters": STARTERS,
        # A number for the browser, whatever the language.
        "message_limit": str(settings.CHAT_MAX_MESSAGE_CHARS),
        "choices": offered,
        "models": json.dumps({"choices": [_choice(each) for each in offered], "recent": used}),
        "prices_are_missing": request.user.has_perm("chat.add_price") and not all(each.priced for each in offered),
        "chosen": model.name if model and model.name in names else fresh,
        "fresh": fresh,
        "gone": model.name if model and model.name not in names else "",
        "admin_reads": settings.CHAT_ADMIN_READS,
        "only_demo": bool(offered) and all(choice.is_demo for choice in offered),
        "conversations": summaries(listed.values()),
        "cursor": next_cursor(rows) or "",
        "budgets": statuses(request.user.pk, None, timezone.now()),
        "sidebar": "closed" if request.COOKIES.get("sidebar") == "closed" else "open",
    }
    return render(request, "chat/page.html", {**frame, **context})


def _choice(choice: Choice) -> dict[str, Any]:
    """Return what the page knows of a model; names as in `static/chat/composer/model-search.js`."""
    return {
        "name": choice.name,
        "provider": choice.provider,
        "about": choice.description,
        "abilities": choice.abilities,
        "price": choice.price,
        "favourite": choice.is_favourite,
    }


def shown(message: ThreadMessage) -> Shown:
    """Return a message ready for the template. Its JSON has the fields of a turn in `static/chat/state/state.js`."""
    usage = None
    if message.usage is not None:
        fields = ("prompt_tokens", "completion_tokens", "total_tokens", "cost", "currency", "source")
        usage = {name: getattr(message.usage, name) for name in fields}
    turn = {
        "id": message.id,
        "parentId": message.parent_id,
        "role": message.role,
        "toolCalls": message.tool_calls,
        "status": message.status,
        "finishReason": message.finish_reason or "",
        "finishDetail": message.finish_detail or "",
        "model": message.model or "",
        "usage": usage,
        "thinkingSeconds": message.thinking_seconds,
        "timing": {"elapsed_seconds": message.elapsed_seconds, "tokens_per_second": message.tokens_per_second},
        "trouble": to_builtins(message.error),
        "notes": message.notes,
        "siblings": asdict(message.siblings),
    }
    return Shown(message, json.dumps(turn, cls=DjangoJSONEncoder))
