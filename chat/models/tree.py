"""The shape of a conversation: which message answers which. A message with several children branches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from chat.models.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Siblings:
    """Where a message stands among those with the same parent; `index` counts from 1."""

    index: int
    count: int
    previous: UUID | None
    next: UUID | None


class Tree:
    """The messages of a conversation by id, each with its parent's, in the order in which they were said."""

    def __init__(self, pairs: Iterable[tuple[UUID, UUID | None]]) -> None:
        self._parents = dict(pairs)
        self._places = {name: place for place, name in enumerate(self._parents)}
        self._children: dict[UUID | None, list[UUID]] = {}
        for name, parent in self._parents.items():
            self._children.setdefault(parent, []).append(name)

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Return the tree of a conversation: one query, which reads no text."""
        return cls(conversation.messages.values_list("pk", "parent_id"))

    def __contains__(self, name: object) -> bool:
        return name in self._parents

    def __len__(self) -> int:
        return len(self._parents)

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._parents)

    def path(self, leaf: UUID | None) -> list[UUID]:
        """Return the ids from the root to `leaf`, in order."""
        path: list[UUID] = []
        while leaf is not None:
            path.append(leaf)
            leaf = self._parents[leaf]
        return path[::-1]

    def branch(self, through: UUID | None) -> list[UUID]:
        """Return the branch that runs through a message down to its newest descendant; None: to the newest of all."""
        if through not in self._parents:
            return self.path(next(reversed(self._parents), None))
        newest, waiting = through, [through]
        while waiting:
            below = self._children.get(waiting.pop(), [])
            waiting += below
            newest = max([newest, *below], key=self._places.__getitem__)
        return self.path(newest)

    def below(self, name: UUID) -> list[UUID]:
        """Return a message and all that was said below it, on all branches."""
        found = [name]
        for each in found:
            found += self._children.get(each, [])
        return found

    def siblings(self, name: UUID) -> Siblings:
        """Return the place of a message among the other versions of it."""
        versions = self._children[self._parents[name]]
        index = versions.index(name)
        before, after = versions[:index], versions[index + 1 :]
        return Siblings(index + 1, len(versions), before[-1] if before else None, after[0] if after else None)
