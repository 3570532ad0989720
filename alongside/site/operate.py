"""The operator's page: how this installation is, in plain words. No request, no content, no number about either."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alongside import __version__
from alongside.accounts import queries as accounts
from alongside.kernel import clock
from alongside.site import doctor
from alongside.site.doctor import address


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the doctor finds, what is wrong first."""
    seat = accounts.permit(request.user, "operate.see")
    order = {"failure": 0, "warning": 1, "ok": 2}
    findings = sorted(doctor.examine(clock.now()), key=lambda finding: order[finding.level])
    wrong = sum(finding.level != "ok" for finding in findings)
    return render(
        request,
        "operate/home.html",
        {"seat": seat, "findings": findings, "wrong": wrong, "version": __version__},
    )


@require_safe
def looking(request: HttpRequest, token: str) -> JsonResponse:
    """Tell the doctor, who holds this installation's secret, what arrives of its request; nobody else anything."""
    seen = address.seen_of(request, token)
    if seen is None:
        raise Http404
    return JsonResponse(seen)
