"""What was learnt of a model's server: stored from its answers, read into requests, forgotten by a tick in the admin.

`ChatModel.learnt` holds `{"refused": [name, …], "renamed": {name: other}, "gives_no_reason": true, "begins_in_thought":
true, "begins_in_text": true, "gives_reasons": true, "answers_without_reason": count}`, each only where it is so.
"""

from typing import Any, Final

from chat import database
from chat.models import ChatModel
from chat.providers.base import Learnt

FLAGS: Final = {
    "gives_no_reason": "Its answers end without a reason; that is no sign that one broke off.",
    "begins_in_thought": "Its answers begin with thoughts that only a closing tag ends.",
    "begins_in_text": "Not all of its answers begin with thoughts, so none is taken to before a closing tag comes.",
}
REFUSED: Final = {
    "stream_options": "It refuses stream_options, by which tokens are asked for: what it does not count is estimated.",
    "response_format": "It refuses response_format; a format is asked for in words.",
}
Origin = ChatModel.WindowOrigin


def learnt_of(model: ChatModel) -> Learnt:
    """Return what requests to a model have to respect."""
    stored: dict[str, Any] = model.learnt
    return Learnt(
        refused=frozenset(stored.get("refused", ())),
        renamed=tuple(sorted(stored.get("renamed", {}).items())),
        gives_no_reason=stored.get("gives_no_reason", False),
        begins_in_thought=stored.get("begins_in_thought", False) and not stored.get("begins_in_text", False),
        begins_in_text=stored.get("begins_in_text", False),
        gives_reasons=stored.get("gives_reasons", False),
        answers_without_reason=stored.get("answers_without_reason", 0),
    )


def remember(model_id: int, before: Learnt, after: Learnt, window: int | None = None, taken: int = 0) -> None:
    """Write what an answer taught beyond what was known `before` it; `window` is the context window if it was told.

    `taken` is how many tokens of a prompt the server has just answered: a smaller window that it told is wrong. What
    other answers taught meanwhile stays.
    """
    with database.writing():
        model = ChatModel.objects.select_for_update().filter(pk=model_id).first()
        if model is None:
            return
        now, stored = learnt_of(model), dict(model.learnt)
        if refused := now.refused | (after.refused - before.refused):
            stored["refused"] = sorted(refused)
        if renamed := dict(now.renamed) | dict(set(after.renamed) - set(before.renamed)):
            stored["renamed"] = renamed
        for name in (*FLAGS, "gives_reasons", "answers_without_reason"):
            value = getattr(after, name)
            if value and value != getattr(before, name):
                stored[name] = value
            elif not value and getattr(before, name):
                stored.pop(name, None)
        changed = {"learnt"} if stored != model.learnt else set()
        model.learnt = stored
        if model.context_window_origin == Origin.SERVER and 0 < (model.context_window or 0) < taken:
            model.context_window, model.context_window_origin = None, Origin.UNKNOWN
            changed |= {"context_window", "context_window_origin"}
        changed |= place_window(model, window)
        if changed:
            model.save(update_fields=sorted(changed))


def place_window(model: ChatModel, window: int | None) -> set[str]:
    """Set a model's context window to what its server says, unless an admin did. Returns the fields that changed."""
    # 0 says that everything is to be sent, which no server does.
    is_admins = model.context_window_origin == Origin.ADMIN or model.context_window == 0
    # Of a number that nobody noted the origin of, it may be an admin's.
    is_unknown = model.context_window_origin == Origin.UNKNOWN and model.context_window is not None
    if window is None or is_admins or is_unknown:
        return set()
    if (model.context_window, model.context_window_origin) == (window, Origin.SERVER):
        return set()
    model.context_window, model.context_window_origin = window, Origin.SERVER
    return {"context_window", "context_window_origin"}


def lessons(stored: dict[str, Any]) -> dict[str, str]:
    """Return each thing that was learnt in plain words, by a key that `without` takes."""
    found = {
        f"renamed:{name}": f"It takes {other} instead of {name}."
        for name, other in sorted(stored.get("renamed", {}).items())
    }
    for name in stored.get("refused", ()):
        found[f"refused:{name}"] = REFUSED.get(name, f"It refuses {name}, which is left out.")
    return found | {flag: words for flag, words in FLAGS.items() if stored.get(flag)}


def without(stored: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """Return what is still known once the lessons with these keys are forgotten."""
    forgotten = set(keys)
    renamed = {name: other for name, other in stored.get("renamed", {}).items() if f"renamed:{name}" not in forgotten}
    refused = [name for name in stored.get("refused", ()) if f"refused:{name}" not in forgotten]
    rest = {name: value for name, value in stored.items() if name not in {"renamed", "refused", *forgotten}}
    if "gives_no_reason" in forgotten:
        rest.pop("answers_without_reason", None)
        rest.pop("gives_reasons", None)
    return rest | ({"renamed": renamed} if renamed else {}) | ({"refused": refused} if refused else {})
