"""The control plane as an ASGI application, served by uvicorn."""

import os
import warnings

from django.core.asgi import get_asgi_application

# WhiteNoise's answers are files, which Django reads whole before it sends them: none of them is large.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings.prod")
application = get_asgi_application()
