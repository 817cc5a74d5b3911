"""Sends mail beside the requests: a mail server that does not answer keeps nobody waiting, and tells nobody apart."""

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException
from threading import BoundedSemaphore
from typing import Final

from django.core.mail import EmailMessage

from chat import runtime

logger = logging.getLogger(__name__)

THREADS: Final = 2
# What waits beyond that is not sent: a mail server that is down for long shall not fill the memory.
WAITING: Final = 1000


class MailThreads:
    """The threads that send mail, and the room that is left for messages that wait."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mail")
        self.room = BoundedSemaphore(WAITING)


def send(message: EmailMessage) -> bool:
    """Have a message sent soon. Returns False where too many wait; what fails later is in the log."""
    threads = runtime.part(MailThreads)
    if not threads.room.acquire(blocking=False):
        logger.error("Mail was not sent: %d messages wait already", WAITING)
        return False
    threads.pool.submit(_send, message, threads.room)
    return True


def _send(message: EmailMessage, room: BoundedSemaphore) -> None:
    try:
        message.send()
    except (OSError, SMTPException, ValueError) as error:
        # By its class alone: what the server says may hold the address, and some repeat the password.
        logger.error("Mail could not be sent (%s): see EMAIL_URL", type(error).__name__)
    finally:
        room.release()
