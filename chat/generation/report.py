"""Reports an answer that has ended: Prometheus counters and one log line. Neither holds any text of the answer."""

import logging
from typing import Final

from chat import metrics
from chat.events import Charge
from chat.generation.settlement import Result
from chat.usage.ledger import Account

logger: Final = logging.getLogger(__name__)


def report(account: Account, result: Result, charge: Charge | None) -> None:
    """Count an answer and log its end."""
    names = (account.provider, account.model)
    metrics.GENERATIONS.labels(*names, result.status).inc()
    if result.ttft_seconds is not None:
        metrics.TTFT.labels(*names).observe(result.ttft_seconds)
    for attempt in result.attempts:
        if attempt.error is not None:
            metrics.ERRORS.labels(account.provider, attempt.error.code).inc()
    counts = {} if charge is None else {"prompt": charge.prompt_tokens, "completion": charge.completion_tokens}
    for kind, count in counts.items():
        metrics.TOKENS.labels(*names, kind).inc(count or 0)
    if logger.isEnabledFor(logging.INFO):
        fields = {
            "generation_id": account.generation_id,
            "user_id": account.user_id,
            "provider": account.provider,
            "model": account.model,
            "status": result.status,
            "error_type": result.error.code if result.error else None,
            "attempts": len(result.attempts),
            "prompt_tokens": counts.get("prompt"),
            "completion_tokens": counts.get("completion"),
            "ttft_seconds": result.ttft_seconds,
            "elapsed_seconds": result.elapsed_seconds,
        }
        logger.info("An answer ended: %s.", result.status, extra={"fields": fields})
