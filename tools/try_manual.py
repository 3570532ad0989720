"""Runs the commands of the operator's manual, word for word, on a clean Debian in a folder. Needs root and debootstrap.

    debootstrap --variant=minbase --include=ca-certificates bookworm FOLDER
    make package WHEELS=yes
    python -m tools.try_manual FOLDER

There is no systemd and no way in from the internet there. So stand-ins take the place of `systemctl` (they run the
units' own ExecStart lines as the unit's user), of `git` and `make` (dist/ is copied in), and Caddy signs for itself.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
MANUAL = HERE / "docs/manual/operator.md"
BLOCK = re.compile(r"^```\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
ORDER = (
    "Install", "Backup", "Restore drill", "Restore in earnest", "Update", "A new secret", "Another host name", "People",
    "nginx instead of Caddy", "PostgreSQL", "Several web servers",
)  # fmt: skip
AS_UNIT = """import ctypes, os, pwd, sys
libc, who = ctypes.CDLL(None), pwd.getpwnam("alongside")
os.setgroups([]), os.setgid(who.pw_gid), os.setuid(who.pw_uid), os.umask(0o077)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # NoNewPrivileges
assert libc.prctl(65, 1, 0, 0, 0) == 0  # MemoryDenyWriteExecute
os.execv(sys.argv[1], sys.argv[1:])
"""
SYSTEMCTL = r"""#!/bin/bash
verb=$1; shift; [ "$1" != --now ] || shift
for unit in "$@"; do
  case $unit in *.timer) continue;; esac
  pid=/run/$unit.trial
  if [ $verb != enable ] && [ $verb != start ] && [ -f $pid ]; then
    kill $(cat $pid) 2>/dev/null; while kill -0 $(cat $pid) 2>/dev/null; do sleep 0.2; done; rm -f $pid
  fi
  [ $verb != stop ] || continue
  case $unit in
    caddy) sed '0,/^{/s//{\n\tlocal_certs/' /etc/caddy/Caddyfile > /run/Caddyfile
           export XDG_DATA_HOME=/var/lib/caddy
           setsid caddy run --config /run/Caddyfile --adapter caddyfile > /var/log/caddy.trial 2>&1 & ;;
    nginx) setsid nginx -g 'daemon off;' > /var/log/nginx.trial 2>&1 & ;;
    postgresql) pg_ctlcluster 15 main restart; continue ;;
    *) line=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/$unit.service)
       LISTEN=127.0.0.1; [ ! -f /etc/default/alongside ] || . /etc/default/alongside
       export ALONGSIDE_SETTINGS=/etc/alongside/settings
       setsid python3 /srv/trial/as_unit.py ${line//'${LISTEN}'/$LISTEN} >> /var/log/$unit.trial 2>&1 & ;;
  esac
  echo $! > $pid; sleep 5
done
"""
PREPARE = {
    "Install": "echo 127.0.0.1 localhost shift.example.org new.example.org > /etc/hosts\n"
    "mkdir -p /srv/alongside && cp -r /srv/trial/dist /srv/alongside/dist\n"
    "(python3 -W ignore -m smtpd -n -c DebuggingServer localhost:587 > /var/log/mail.trial 2>&1 &)\n",
    "Restore drill": "mkdir -p /mnt/copies; cp $(ls /var/backups/alongside/* | tail -1) /mnt/copies/newest.backup\n"
    "cp /etc/alongside/settings /mnt/copies/settings\n",
    "Restore in earnest": "systemctl stop alongside; rm -rf /var/lib/alongside/* /etc/alongside/settings\n",
    "Update": "systemctl stop alongside; cd /opt/alongside; cp -a $(readlink now) older; ln -sfn older now\n"
    "systemctl start alongside; cd /srv/trial\n",
    "nginx instead of Caddy": "systemctl stop caddy\n"
    "openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=new.example.org"
    " -addext subjectAltName=DNS:new.example.org -keyout /etc/ssl/shift.example.org.key"
    " -out /etc/ssl/shift.example.org.crt 2>/dev/null\n"
    "cp /etc/ssl/shift.example.org.crt /usr/local/share/ca-certificates/trial.crt\n"
    "update-ca-certificates > /dev/null 2>&1\n"
    "sed -i s/shift.example.org\\;/new.example.org\\;/ /srv/alongside/dist/nginx/alongside.conf\n"
    "rm -f /etc/nginx/sites-enabled/default\n",
    "PostgreSQL": "systemctl stop alongside\n",
    "Several web servers": "systemctl stop nginx; cp /etc/alongside/settings /mnt/copies/settings; cd /srv/alongside\n"
    "sed -i s/shift.example.org/new.example.org/ dist/caddy/two.Caddyfile\n"
    "sed -i 's/10.0.0.11:8000 10.0.0.12:8000/10.0.0.11:8000/' dist/caddy/two.Caddyfile\n"
    "ip address add 10.0.0.11/32 dev lo\n",
}
AFTER = {
    "nginx instead of Caddy": "curl -fsS https://new.example.org/health; echo; alongside doctor || true\n",
    "Several web servers": "curl -fsS https://new.example.org/health; echo; alongside doctor || true\n",
    "Restore in earnest": "systemctl start alongside; curl -fsS https://shift.example.org/health; echo\n",
    "Install": "curl -fsS https://shift.example.org/health; echo\n",
}
# Commands for another machine, or examples of one line to write down.
LEAVE = ("DATABASE_URL=postgresql://alongside:PASSWORD",)


def sections() -> dict[str, list[str]]:
    """Return the blocks of commands by the heading they stand under."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^#{2,3} ", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _line, text = part.partition("\n")
        found[title] = [block for block in BLOCK.findall(text) if not block.startswith(LEAVE)]
    return found


def commands(title: str, blocks: list[str]) -> str:
    """Return what is run for a heading: the manual's words, with a test mail server in the place of the example's."""
    text = "".join(blocks).replace("smtp+tls://alongside:PASSWORD@mail.example.org:587", "smtp://localhost:587")
    text = re.sub(r"^alongside doctor.*$", lambda line: f"{line.group()} || true", text, flags=re.MULTILINE)
    text = text.replace("|| true || true", "|| true")
    return f"set -eu\ncd /srv/trial\n{PREPARE.get(title, '')}set -x\n{text}{AFTER.get(title, '')}"


def inside(root: Path, script: str, *, before: str = "") -> int:
    """Run a shell script in the folder, as root."""
    (root / "srv/trial").mkdir(exist_ok=True)
    (root / "srv/trial/trial.sh").write_text(script)
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    enter = f"chroot {root} /usr/bin/env -i PATH={path} HOME=/srv/trial LANG=C.UTF-8 bash /srv/trial/trial.sh"
    mounts = f"mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; "
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *(["--net"] if before else [])]
    return subprocess.run([*words, "sh", "-c", f"{mounts}{before}{enter}"], check=False).returncode


def main() -> int:
    """Try everything in one go, so that servers started by one section still run in the next."""
    root = Path(sys.argv[1])
    shutil.copytree(HERE / "dist", root / "srv/trial/dist", dirs_exist_ok=True)
    (root / "srv/trial/as_unit.py").write_text(AS_UNIT)
    found = sections()
    chosen = {title: found[title] for title in ORDER}
    packages = {
        word
        for line in re.findall(r"^apt install (.*)$", MANUAL.read_text(), re.MULTILINE)
        for word in line.split()
        if not word.startswith("-")
    } - {"make", "git", "systemd-timesyncd"}
    quiet = "printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d\n"
    wanted = " ".join(sorted(packages | {"curl", "iproute2", "openssl"}))
    fetch = f"DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends {wanted}"
    if status := inside(root, f"set -e\n{quiet}apt-get update -q\n{fetch} > /dev/null\n"):
        return status
    for name, text in (
        ("systemctl", SYSTEMCTL),
        ("git", "#!/bin/sh\n"),
        ("make", "#!/bin/sh\n"),
        ("apt", "#!/bin/sh\n"),
    ):
        file = root / "usr/local/sbin" / name
        file.write_text(text)
        file.chmod(0o755)
    parts = [
        f"echo; echo '##### {title}'; bash <<'TRIAL' || exit 1\n{commands(title, chosen[title])}TRIAL\n"
        for title in ORDER
    ]
    return inside(root, "".join(parts) + "echo '##### every section ended well'\n", before="ip link set lo up; ")


if __name__ == "__main__":
    sys.exit(main())
