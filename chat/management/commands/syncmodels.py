"""`manage.py syncmodels`: reads every provider's list of models."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from chat.catalog import inventory
from chat.models import ChatModel
from chat.providers.registry import close_providers


class Command(BaseCommand):
    help = "Reads every provider's list of models. A provider that cannot be reached is a warning."

    def handle(self, *args: Any, **options: Any) -> None:
        async def sync() -> list[str]:
            try:
                return await inventory.sync()
            finally:
                await close_providers()

        for warning in asyncio.run(sync()):
            self.stderr.write(self.style.WARNING(warning))
        enabled = ChatModel.objects.filter(enabled=True).count()
        self.stdout.write(f"{ChatModel.objects.count()} models known, {enabled} enabled.")
