"""Settings of the tests: nothing of this machine's environment, and no file in the operator's data directory."""

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith(("CHAT", "OPENAI_", "ANTHROPIC_"))]:
    del os.environ[name]
for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
    os.environ.pop(name, None)
os.environ["CHATSITE_DATA_DIR"] = tempfile.mkdtemp(prefix="chatsite-test-")
atexit.register(shutil.rmtree, os.environ["CHATSITE_DATA_DIR"], ignore_errors=True)

from chatsite.settings import *  # noqa: E402, F403
from chatsite.settings import PASSWORD_HASHERS as OURS  # noqa: E402

PASSWORD_HASHERS = ["tests.harness.hasher.PBKDF2", *OURS[1:]]
