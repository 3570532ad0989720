"""The WSGI application that Granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from alongside.site import orphans, serving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")
application = get_wsgi_application()

if settings.DEMO:
    from alongside.site.demo import run

    run.set_clock()
if "ALONGSIDE_TICK" in os.environ:
    orphans.end_with_parent()
serving.start_loop()
