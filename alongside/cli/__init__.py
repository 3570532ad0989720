"""The commands of an installation: each calls what does the work; an expected failure is a sentence, not a trace."""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from alongside import __version__
from alongside.cli import planning, setting_up
from alongside.cli.stop import Stop, set_up
from alongside.site.environment import BadSetting

WRONG = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 something is wrong, 2 it was called wrongly."""
    args = _parser().parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")
    try:
        return int(args.run(args) or 0)
    except (Stop, BadSetting) as stop:
        print(stop, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from django.db import Error

        if not isinstance(error, Error):
            raise
        from alongside.site import reasons

        print(f"The database cannot be used: {reasons.of(error) or 'no reason was given'}.", file=sys.stderr)
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alongside", description="Runs a peer support programme.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: object, says: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=says, description=says)
        one.set_defaults(run=run)
        return one

    command(
        "demo", _demo, "serve an invented organisation on this machine; everything is gone when it stops"
    ).add_argument("--port", type=int, default=8000)

    serve = command("serve", _serve, "serve this installation, with its timed jobs")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--no-tick", action="store_true", help="leave the timed jobs to `alongside tick`")

    tick = command("tick", _tick, "run the timed jobs only, beside web servers started with --no-tick")
    tick.add_argument("--once", action="store_true", help="run each job once and end")

    planning.about(command("plan", planning.plan, "make one plan of a rota that waits; the timed jobs start it"))

    init = command("init", setting_up.init, "write the settings, prepare the database and invite the first operator")
    init.add_argument("--settings", metavar="FILE", help="settings file to write (default: ALONGSIDE_SETTINGS)")
    init.add_argument("--address", help="what people will type, for example https://shift.example.org")
    init.add_argument("--mail-server", metavar="URL", help="smtp+tls://name:password@host:587, or smtps://")
    init.add_argument("--mail-from", metavar="ADDRESS", help="sender of notices; it stands on lock screens")
    init.add_argument("--data", metavar="FOLDER", default="/var/lib/alongside", help="(default: %(default)s)")
    init.add_argument("--database", metavar="URL", default="", help="postgresql://..., if it is not to be SQLite")
    init.add_argument("--proxies", type=int, help="web servers in front (default: 1)")
    init.add_argument("--email", help="address of the first operator")
    init.add_argument("--name", help="name of the first operator")
    init.add_argument("--organisation", metavar="NAME", help="also make an organisation")
    init.add_argument("--slug", help="its part of the address, for example pine-county")
    init.add_argument("--zone", default="America/Toronto", help="its time zone (default: %(default)s)")
    init.add_argument("--pack", metavar="PACK", help="whose law its pages tell; see: alongside pack")
    init.add_argument("--coordinator", metavar="EMAIL", help="also invite its coordinator")

    doctor = command("doctor", setting_up.doctor, "say what is wrong with this installation")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.add_argument("--near", action="store_true", help="leave out the public address and the machine")
    doctor.add_argument("--send-test", metavar="ADDRESS", help="also send a message that says nothing to this address")

    operator = command("operator", setting_up.operator, "invite an operator, from a terminal of the server")
    operator.add_argument("email", metavar="EMAIL")
    operator.add_argument("--name", required=True)
    operator.add_argument("--instead", action="store_true", help="take the role from everybody who has it now")

    _about_packs(command("pack", setting_up.pack, "list the law packs, check one, or give one to an organisation"))
    setting_up.take_a_list(
        command("organisations", setting_up.organisations, "make organisations from a list, all or none")
    )

    secret = command(
        "secret", setting_up.secret, "change this installation's secret: renew, restart every server, settle"
    )
    secret.add_argument("step", choices=("renew", "settle"))

    health = command("health", setting_up.health, "ask the server on this machine whether it is well; for containers")
    health.add_argument("--port", type=int, default=8000)

    kept = command("kept", _kept, "print what this installation keeps, why, how protected and how long")
    kept.add_argument("--language", choices=("en", "fr"), default="en")
    kept.add_argument("--json", action="store_true", help="as JSON")

    for name, run, says in (
        ("backup", _backup, "write a backup; live requests, replies and keys are never in it"),
        ("restore", _restore, "fill an empty, migrated database from a backup"),
    ):
        command(name, run, says).add_argument("file", type=Path, metavar="FILE")

    command("purge", _purge, "delete everything that is past its time now")
    manage = command("manage", _manage, "run a command of Django's, for example `alongside manage migrate`")
    manage.add_argument("rest", nargs=argparse.REMAINDER, metavar="...")
    return parser


def _about_packs(pack: argparse.ArgumentParser) -> None:
    pack.add_argument("organisation", nargs="?", metavar="ORGANISATION", help="its short name in addresses")
    pack.add_argument("pack", nargs="?", metavar="PACK", help="the pack to give it")
    pack.add_argument("--check", type=Path, metavar="FILE", help="say what is wrong with a pack that you write")


# --- serving -----------------------------------------------------------------------------------------------------


def _demo(args: argparse.Namespace) -> None:
    os.environ.pop("ALONGSIDE_SETTINGS", None)
    from alongside.site.demo import run

    _check_port("127.0.0.1", args.port)
    run.prepare(args.port)
    set_up()
    try:
        run.fill()
    except run.NotOurs:
        raise Stop("DATABASE_URL holds something else than a demonstration. It was left alone.") from None
    _listen("127.0.0.1", args.port, tick=True, greeting=run.greeting(args.port))


def _serve(args: argparse.Namespace) -> None:
    _check_port(args.host, args.port)
    set_up()
    _check_tables()
    greeting = f"Alongside {__version__} listens on http://{args.host}:{args.port}"
    _listen(args.host, args.port, tick=not args.no_tick, greeting=greeting)


def _listen(host: str, port: int, *, tick: bool, greeting: str) -> None:
    from django import db

    from alongside.site import serving

    # The worker process makes its own connections; one shared across processes would break both.
    db.connections.close_all()
    try:
        serving.serve(host, port, tick=tick, greeting=greeting)
    except OSError as error:
        raise Stop(f"{error.filename or host}: {error.strerror}. Nothing was started.") from None
    except serving.AlreadyServed:
        raise Stop(
            "Another `alongside serve` is using this database file. Stop it first; nothing was changed."
        ) from None


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((host, port))
    except (OSError, OverflowError) as error:
        raise Stop(
            f"Cannot listen on {host}:{port}: {getattr(error, 'strerror', error)}. Try another --port."
        ) from None


def _check_tables() -> None:
    """Refuse to serve tables of another version. A database that does not answer yet is no reason to refuse."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        print("The database does not answer. Pages show the phone numbers until it does.", file=sys.stderr)
        return
    if pending:
        raise Stop("The database is not up to date with this version. Run: alongside manage migrate")


def _tick(args: argparse.Namespace) -> None:
    set_up()
    from alongside.site import planner, schedule

    if args.once:
        schedule.loop.turn()
        # A plan that was begun ends with this process.
        planner.planner.wait()
        return
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    schedule.loop.run_forever(stop)


# --- looking over -------------------------------------------------------------------------------------------------


def _kept(args: argparse.Namespace) -> int:
    set_up()
    from django.db import DatabaseError

    from alongside.site import kept

    if args.json:
        print(json.dumps(kept.as_data(args.language), indent=2, ensure_ascii=False))
    else:
        print(kept.as_text(args.language))
    try:
        if not kept.has_tables():
            print("The database has no tables yet, so the list was not held against it.", file=sys.stderr)
            return WRONG
        found = kept.differences()
    except DatabaseError:
        print("The database does not answer, so the list was not held against it.", file=sys.stderr)
        return WRONG
    if not found.unregistered and not found.vanished:
        return 0
    print("The database and this list differ. Run `alongside manage migrate`, or tell the makers:", file=sys.stderr)
    for name in found.unregistered:
        print(f"  kept but not listed: {name}", file=sys.stderr)
    for name in found.vanished:
        print(f"  listed but not there: {name}", file=sys.stderr)
    return WRONG


# --- keeping -----------------------------------------------------------------------------------------------------


def _purge(_: argparse.Namespace) -> None:
    set_up()
    from alongside.kernel import clock
    from alongside.site import schedule

    schedule.purge(clock.now())
    print("Everything that is past its time was deleted.")


def _backup(args: argparse.Namespace) -> None:
    set_up()
    from alongside.site import keeping, marks

    try:
        copied = keeping.backup(args.file)
    except keeping.Refused as refused:
        raise Stop(str(refused)) from None
    marks.note_backup(args.file, copied.made_at)
    print(
        f"Wrote {copied.rows} rows to {args.file}. Live requests, replies, keys and running counts are not in it.\n"
        "It holds names, addresses and password hashes of the team: keep it safe, and apart from it a copy of this "
        "installation's secret."
    )


def _restore(args: argparse.Namespace) -> None:
    set_up()
    from alongside.kernel import clock
    from alongside.site import keeping

    try:
        copied = keeping.restore(args.file, clock.now())
    except keeping.Refused as refused:
        raise Stop(str(refused)) from None
    print(
        f"Restored {copied.rows} rows of {copied.made_at}.\n"
        "- Supporters make new keys with their 12 words at their next sign-in; only those who did can be asked.\n"
        "- Coordinators sign the list of supporters again: until then, phones that came by the poster send nothing.\n"
        "- Requests that were open are unknown here: their senders' pages say so, show the numbers and offer to send "
        "again.\n"
        "- Invitations are not restored: invite again.\n"
        "- Calendar addresses are not restored, so that none works that was revoked since: supporters make new ones, "
        "and enter their own calendars again.\n"
        "- The running tally period starts again: what was counted in it before is gone."
    )
    if not copied.same_secret:
        print(
            "- This installation has another secret than the one the backup was made under: one-time codes will not be "
            "accepted. Bring back the old one (ALONGSIDE_SECRET_KEY in the settings, or the file secret_key in the "
            "data folder) before anybody signs in."
        )


def _manage(args: argparse.Namespace) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["alongside manage", *args.rest])
