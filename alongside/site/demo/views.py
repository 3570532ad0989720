"""The demonstration's own pages: who to be, what would have been mailed, what time it is."""

import time
from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts.models import Organisation, Person
from alongside.help_requests.views.member import from_our_page
from alongside.kernel import clock
from alongside.site import schedule
from alongside.site.demo import hospital, mail, run, seed
from alongside.site.demo.poster import poster_part

CAST = {**seed.CAST, **hospital.CAST}
STEPS = (1, 5, 15, 60, 240, 1440, 4320)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the story and the sign-ins of each role."""
    organisations = {one.slug: one for one in Organisation.objects.filter(slug__in=("pine-county", hospital.SLUG))}
    casts = [(organisations.get("pine-county"), list(seed.CAST.values()))]
    casts += [(organisations.get(hospital.SLUG), list(hospital.CAST.values()))]
    return render(
        request,
        "demo/home.html",
        {
            "casts": casts,
            "organisation": casts[0][0],
            "now": clock.now(),
            "steps": STEPS,
            "poster": poster_part(),
        },
    )


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Show the e-mails that would have been sent, the newest first."""
    return render(request, "demo/mail.html", {"letters": list(mail.letters), "now": clock.now(), "steps": STEPS})


@require_POST
def later(request: HttpRequest) -> HttpResponse:
    """Move the demonstration's clock forward, let everything that is due happen, and go back to where one was."""
    if not from_our_page(request):
        raise Http404
    minutes = request.POST.get("minutes", "")
    if not minutes.isdigit() or int(minutes) not in STEPS:
        raise Http404
    clock.shift(timedelta(minutes=int(minutes)))
    run.keep_clock(timedelta(seconds=round(clock.now().timestamp() - time.time())))
    schedule.run_all(clock.now())
    return redirect("demo_mail" if request.POST.get("from") == "mail" else "demo")


@csrf_exempt
@require_POST
def continue_as(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in as one of the cast; a supporter's device is unlocked with the known words on the way."""
    if slug not in CAST or not from_our_page(request):
        raise Http404
    person = Person.objects.get(email=CAST[slug].email)
    request.session.set_expiry(None)
    login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
    request.session["demo"] = True
    # Nobody here has a password to type again before a dangerous act.
    record_authentication(request, person, "password")
    words = hospital.words_of(CAST[slug])
    if words is None:
        return redirect("in_home")
    return render(request, "demo/unlock.html", {"words": words.words, "recipient": words.wrap_recipient})
