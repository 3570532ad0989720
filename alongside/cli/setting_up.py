"""The commands that set an installation up and look it over."""

import argparse
import json
import os
import sys
from pathlib import Path

from alongside.cli.stop import Stop, set_up
from alongside.site import environment


def _settings(args: argparse.Namespace) -> None:
    """Write the settings file, where one is named and not there yet."""
    from alongside.site import installing

    named = args.settings or os.environ.get("ALONGSIDE_SETTINGS", "")
    if not named:
        return
    os.environ["ALONGSIDE_SETTINGS"] = named
    if Path(named).exists():
        return
    given = installing.settings_for(
        address=_ask(args.address, "Address people will type, for example https://shift.example.org"),
        mail_server=_ask(args.mail_server, "Mail server, for example smtp+tls://name:password@mail.example.org:587"),
        mail_from=_checked(_ask(args.mail_from, "Sender of notices; it stands on lock screens")),
        data=args.data,
        database=args.database,
        proxies=args.proxies,
    )
    try:
        Path(args.data).mkdir(parents=True, exist_ok=True, mode=0o700)
        installing.write(Path(named), given)
    except OSError as error:
        raise Stop(f"The data folder {args.data} cannot be made: {error.strerror}. Nothing was written.") from None
    except installing.Refused as refused:
        raise Stop(str(refused)) from None
    print(f"Wrote {named} with a secret of its own. Keep a copy of it, apart from the backups.")


def init(args: argparse.Namespace) -> None:
    """Write the settings, prepare the database, invite the first operator, on request make an organisation."""
    _settings(args)
    set_up()
    from django.core.management import call_command

    from alongside.accounts import actions as accounts
    from alongside.accounts.models import Invitation, Organisation, Role
    from alongside.kernel import clock
    from alongside.policy.values import setting

    call_command("migrate", verbosity=0, interactive=False)
    print("The database is ready.")
    days = setting("invitation_valid").default
    if Role.objects.filter(name="operator").exists():
        print("There is an operator already; nobody was invited.")
    elif not args.email and Invitation.objects.filter(organisation=None, expires_at__gt=clock.now()).exists():
        print("An operator is invited already. With --email the invitation is made anew.")
    else:
        email = _checked(_ask(args.email, "E-mail address of the operator"))
        name = _ask(args.name, "Name of the operator")
        token = accounts.invite(None, organisation=None, email=email, name=name, roles=["operator"], valid_days=days)
        _show_invitation("The operator's", token, days)
    if not args.organisation:
        return
    _check_pack(args.pack)
    slug = args.slug or _ask(None, "Short name for addresses, for example pine-county")
    if Organisation.objects.filter(slug=slug).exists():
        raise Stop(f"There is an organisation {slug} already; it was left as it is.")
    try:
        made = accounts.make_organisation(
            None, slug=slug, name=args.organisation, time_zone=args.zone, **({"pack": args.pack} if args.pack else {})
        )
    except ValueError as error:
        raise Stop(f"The organisation was not made: {'; '.join(getattr(error, 'messages', [str(error)]))}") from None
    print(f"Made {made.name}. Members will find it at /ask/{made.slug}/{made.language}/")
    if args.coordinator:
        token = accounts.invite(
            None,
            organisation=made,
            email=_checked(args.coordinator),
            name=args.coordinator.partition("@")[0],
            roles=["coordinator"],
            valid_days=days,
        )
        _show_invitation("The coordinator's", token, days)


def pack(args: argparse.Namespace) -> int:
    """List the packs of law, check a file, or give an organisation another one."""
    from alongside.content import law

    if args.check:
        return _check_file(args.check)
    if not args.organisation:
        for key in law.packs():
            found = law.pack(key, "en")
            print(f"{key:<12} {found.name}, version {found.version}, to be looked at again by {found.review_by}")
        return 0
    if not args.pack:
        raise Stop("Name the pack too. `alongside pack` lists them.")
    _check_pack(args.pack)
    set_up()
    from alongside.accounts import actions as accounts
    from alongside.accounts.models import Organisation

    try:
        organisation = Organisation.objects.get(slug=args.organisation)
    except Organisation.DoesNotExist:
        raise Stop(f"There is no organisation {args.organisation}. Nothing was changed.") from None
    accounts.change_pack(None, organisation, args.pack)
    print(f"{organisation.name} tells the law of {law.pack(args.pack, 'en').name}, within a minute.")
    return 0


def _check_pack(key: str | None) -> None:
    from alongside.content import law

    if key and key not in law.packs():
        raise Stop(f"There is no pack {key}. There are: {', '.join(law.packs())}. Nothing was changed.")


def _check_file(file: Path) -> int:
    """Say everything that is wrong with one pack; 1 if anything is."""
    import tomllib

    from alongside.content.law import checking, reading

    try:
        source = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Stop(f"{file} is no TOML file: {error}.") from None
    kind = "layer" if source.get("kind") == "layer" else "place"
    wrong = list(checking.problems(source, kind, reading.keys("layer")))
    if source.get("key") != file.stem:
        wrong.append(f"its key is not the name of its file, {file.stem}")
    for one in wrong:
        print(f"- {one}")
    print(
        f"{len(wrong)} to put right."
        if wrong
        else "Nothing is wrong with its form. What it says is for counsel to judge."
    )
    return 1 if wrong else 0


def _ask(given: str | None, question: str) -> str:
    if given:
        return given
    if not sys.stdin.isatty():
        raise Stop(f"{question} is missing. See: alongside init --help")
    return input(f"{question}: ").strip() or _ask(None, question)


def _checked(email: str) -> str:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    try:
        validate_email(email)
    except ValidationError:
        raise Stop(f"{email} is not an e-mail address.") from None
    return email


def _show_invitation(whose: str, token: str, days: int) -> None:
    from django.conf import settings
    from django.urls import reverse

    link = settings.ALONGSIDE_ADDRESS + reverse("in_invitation", args=[token])
    print(f"{whose} invitation works once, within {days} days, and is shown only now:\n\n    {link}\n")


def doctor(args: argparse.Namespace) -> int:
    """Say what is wrong with this installation."""
    set_up()
    from alongside.kernel import clock
    from alongside.site import doctor

    found = doctor.examine(clock.now(), far=not args.near)
    if args.send_test:
        found.append(doctor.send_test(_checked(args.send_test)))
    failures = sum(finding.level == "failure" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    if args.json:
        print(json.dumps({"ok": failures == 0, "findings": [vars(finding) for finding in found]}, indent=2))
    else:
        for finding in found:
            print(f"{finding.level:<8} {finding.says}")
        print(f"\n{failures} to put right." if failures else "\nNothing is wrong.", end="")
        print(f" {warnings} to look at." if warnings else "")
    return 1 if failures else 0


def operator(args: argparse.Namespace) -> None:
    """Invite an operator, on request instead of those there are."""
    set_up()
    from alongside.accounts import actions as accounts
    from alongside.accounts import queries
    from alongside.policy.values import setting

    days, email = setting("invitation_valid").default, _checked(args.email)
    if args.instead:
        for person in queries.operators():
            accounts.revoke(None, person.id, None, "operator")
            print(f"{person.name} no longer operates this installation.")
    token = accounts.invite(None, organisation=None, email=email, name=args.name, roles=["operator"], valid_days=days)
    _show_invitation("The operator's", token, days)


def take_a_list(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `alongside organisations`."""
    parser.add_argument("step", choices=("import",))
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV file in UTF-8; its first line names the columns")
    parser.add_argument("--look", action="store_true", help="only say what each line would do")


def organisations(args: argparse.Namespace) -> int:
    """Make the organisations of a list and invite who leads them, all or none."""
    set_up()
    from alongside.accounts.rules import BadList, decode_list
    from alongside.kernel import clock
    from alongside.site import importing

    now = clock.now()
    try:
        found = importing.plan(decode_list(args.file.read_bytes()), now)
    except OSError as error:
        raise Stop(f"{args.file} cannot be read: {error.strerror}.") from None
    except BadList as error:
        raise Stop(str(importing.WHOLE[error.code]).format(at=error.at)) from None
    if found.wrong:
        raise Stop(found.wrong)
    says = {"new": "is made", "invite": "is there; its coordinator is invited", "there": "is there, left as it is"}
    for line in found.lines:
        print(f"line {line.number}: {line.short_name} {says.get(line.state, 'is to be put right')}")
        for label, problem in line.errors:
            print(f"    {label}: {problem}", file=sys.stderr)
    if not found.sound:
        raise Stop(f"{found.count('wrong')} lines are to be put right. Nothing was made.")
    if args.look or not found.listed:
        print("Nothing was changed.")
        return 0
    last = importing.carry_out(None, found, now)
    if last is None:
        raise Stop("Something was changed meanwhile, so nothing was made. Run it again.")
    print(f"{found.count('new')} made, {len(found.listed)} coordinators invited, the last of them at {last:%H:%M} UTC.")
    return 0


def secret(args: argparse.Namespace) -> None:
    """Change the secret of this installation, in two steps."""
    set_up()
    from cryptography.fernet import InvalidToken
    from django.conf import settings

    from alongside.site import installing, keeping
    from alongside.site.doctor import address

    try:
        if args.step == "renew":
            file = installing.renew_secret(os.environ, settings.DATA, settings.SECRET_KEY_FALLBACKS)
            print(f"{file} holds a new secret, and the old one beside it. Restart every server of this installation.")
            print("When all of them run again: alongside secret settle")
            return
        if not settings.SECRET_KEY_FALLBACKS:
            raise Stop("There is no former secret. Nothing was changed.")
        if address.answers_with_another_secret():
            raise Stop("The running server does not know the new secret yet. Restart it first; nothing was changed.")
        codes, calendars = keeping.encrypt_anew()
        print(
            f"{codes} one-time-code secrets and {calendars} calendar addresses are encrypted anew. "
            "The former secret opens nothing of them any more."
        )
        installing.forget_former_secret(os.environ, settings.DATA)
    except InvalidToken:
        raise Stop(
            "Some one-time-code secrets were made under a third secret, which is not known here. Nothing was changed."
        ) from None
    except installing.Refused as refused:
        raise Stop(str(refused)) from None
    print(
        "Restart every server once more. Everybody signs in again. Make a new backup, and a new copy of the settings."
    )


def health(args: argparse.Namespace) -> int:
    """Ask the server on this machine whether it is well: 0 if it is."""
    import http.client

    host = environment.read(environment.with_file(os.environ)).hosts[0]
    door = http.client.HTTPConnection("127.0.0.1", args.port, timeout=5)
    try:
        door.request("GET", "/health", headers={"Host": host})
        status = door.getresponse().status
    except OSError:
        raise Stop(f"Nothing answers on port {args.port} of this machine.") from None
    finally:
        door.close()
    if status != http.client.OK:
        raise Stop("The server answers that it is not well. See: alongside doctor")
    return 0
