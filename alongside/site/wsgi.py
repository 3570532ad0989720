"""The WSGI application that Granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from alongside.site import serving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")
application = get_wsgi_application()

if settings.DEMO:
    from alongside.site.demo import run

    run.set_clock()
serving.start_loop()
