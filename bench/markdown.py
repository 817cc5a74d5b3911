"""Long answers, as models write them: headings, lists, tables, code, emphasis, links. The same texts at each run."""

from bench.prose import Prose

CODE = """def tally(lines: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        for word in line.split():
            found[word.casefold()] = found.get(word.casefold(), 0) + 1
    return dict(sorted(found.items(), key=lambda each: -each[1]))

"""


class Writer:
    """Writes sections of every kind of block, about 2,000 characters each."""

    def __init__(self) -> None:
        self._prose = Prose()

    def answer(self, chars: int) -> str:
        """Return at least so many characters, whole sections."""
        text = ""
        while len(text) < chars:
            text += self._section()
        return text

    def paragraph(self) -> str:
        """Return a few words, some of them bold, some code, one a link."""
        return (
            f"{self._words(9)} **{self._words(2)}** {self._words(8)}, `{self._words(1)}` {self._words(7)} "
            f"[{self._words(2)}](https://example.org/{self._words(1)}) *{self._words(1)}* {self._words(9)}."
        )

    def _section(self) -> str:
        points = "\n".join(f"- **{self._words(1)}**: {self._words(6)}\n  - {self._words(5)}" for _ in range(5))
        steps = "\n".join(f"{number}. {self._words(8)} `{self._words(1)}`." for number in range(1, 6))
        rows = "\n".join(f"| {self._words(2)} | **{self._words(1)}** | {number * 37} |" for number in range(1, 9))
        return (
            f"## {self._words(4)}\n\n{self.paragraph()} {self.paragraph()}\n\n{points}\n\n"
            f"| Name | What it is | Count |\n|---|---|---:|\n{rows}\n\n```python\n{CODE * 2}```\n\n{steps}\n\n"
            f"> {self.paragraph()}\n\n"
        )

    def _words(self, count: int) -> str:
        return " ".join(self._prose.words(count))
