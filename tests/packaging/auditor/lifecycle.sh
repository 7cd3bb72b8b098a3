# Runs as root in a freshly booted tree. `== NAME` begins what the test reads as NAME.
S=/var/lib/setapart-auditor
U=setapart-auditor
wait_for() { for _ in $(seq 240); do if eval "$1"; then return; fi; sleep 0.25; done; echo "never: $1"; }
as_auditor() { runuser -u $U -- $U "$@" --dir $S; }
healthy() { wait_for 'python3 -c "import urllib.request as u; u.urlopen(\"http://127.0.0.1:$PORT/v1/health\", None, 9)" 2>/dev/null'; }
failed() { systemctl --failed --plain --no-legend; }
# What a package of this name has anywhere, but for data and what the test brought.
left() { find / -xdev \( -path /proc -o -path /trial -o -path /packages -o -path "$S*" \) -prune -o -name '*setapart-auditor*' -print; }
# The timer itself comes due, and starts what it is for.
comes_due() {
	mkdir -p /run/systemd/system/$U-$1.timer.d
	printf '[Timer]\nOnCalendar=\nOnActiveSec=1\nRandomizedDelaySec=0\nAccuracySec=100ms\n' >/run/systemd/system/$U-$1.timer.d/now.conf
	systemctl daemon-reload; systemctl restart $U-$1.timer
	wait_for '[ -n "$(systemctl show $U-'$1' -p ExecMainExitTimestamp --value)" ]'
	systemctl show $U-$1 -p Result
}

echo "== install"
$DATABASE
dpkg -i $PREVIOUS
systemctl list-unit-files --no-legend "$U*"
systemctl is-active $U
failed

echo "== init"
install -d -m 0700 -o $U -g $U $S
as_auditor init $INIT
printf '\n[serve]\nlisten = "127.0.0.1:%s"\n' $PORT >>$S/auditor.toml
as_auditor config check && echo "the settings are right"
systemctl start $U
healthy

echo "== report"
dpkg -i /packages/setapart-agent_*_amd64.deb >/dev/null
as_auditor device add desk --class ordinary
setapart-agent enrol "$(as_auditor device token desk --url http://127.0.0.1:$PORT)" --dir /root/desk
setapart-agent report --dir /root/desk
as_auditor list --json

echo "== timers"
systemctl list-timers --all --no-legend "$U*"
for job in sweep backup retain; do comes_due $job; done
ls /var/lib/setapart-auditor-backups
as_auditor list --json >/trial/swept.json

echo "== upgrade"
systemctl show $U -p MainPID; cp -a $S /trial/before; ls /usr/lib/setapart-auditor | grep '^setapart-'
echo 'BACKUP_KEEP=3' >>/etc/default/$U
dpkg --force-confold -i $NEXT
healthy
systemctl show $U -p MainPID; ls /usr/lib/setapart-auditor | grep '^setapart-'
tail -n 1 /etc/default/$U
dpkg --verify $U
cmp $S/authority.pem /trial/before/authority.pem && echo "same key"
setapart-agent report --dir /root/desk
as_auditor history desk
as_auditor log verify
failed

echo "== removed"
dpkg -r $U
pgrep -f setapart_auditor
ls $S /etc/default/$U

echo "== purged"
dpkg -P $U
left
ls $S /var/lib/setapart-auditor-backups
stat -c '%U %a' $S $S/authority.pem

echo "== again"
rm -rf $S /var/lib/setapart-auditor-backups
dpkg -i $NEXT >/dev/null; dpkg -P $U
left
getent passwd $U
systemctl daemon-reload; systemctl list-unit-files --no-legend "$U*"
failed
echo "== end"
