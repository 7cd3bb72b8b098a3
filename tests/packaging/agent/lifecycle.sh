# Runs as root in a freshly booted tree. `== NAME` begins what the test reads as NAME.
S=/var/lib/setapart-agent
wait_for() { for _ in $(seq 240); do if eval "$1"; then return; fi; sleep 0.25; done; echo "never: $1"; }
settled() { wait_for '! systemctl list-jobs --no-legend | grep -q setapart'; }
journal() { journalctl -q --no-pager -o cat --since "@$since" -u 'setapart-agent*'; }
# systemd would refuse a sixth start within ten seconds.
begin() { echo "== $1"; settled; systemctl reset-failed 'setapart-agent*' 2>/dev/null; since=$(date +%s); sleep 1; }
collect() { systemctl start setapart-agent-collect; settled; }
as_agent() { runuser -u setapart-agent -- setapart-agent "$@" --dir $S; }
waiting() { find $S/spool -maxdepth 1 -name '*.evidence' | wc -l; }

begin install
mkdir -p /etc/setapart-agent
install -m 600 /trial/enrol.toml /etc/setapart-agent/enrol.toml
$INSTALL_FIRST
wait_for '[ -n "$(ls $S/receipts 2>/dev/null)" ]'
settled
[ -e /etc/setapart-agent/enrol.toml ] && echo "token left behind"
as_agent status
journal
begin owners
find $S -printf '%P %u %m\n' | sort
begin timers
systemctl list-unit-files --no-legend 'setapart-agent*'

begin inventory
for name in ann bob cid; do useradd -m -s /bin/bash $name; chmod 700 /home/$name; done
install -D -o ann -g ann -m 755 /bin/true /home/ann/bin/telegram
install -D -o bob -g bob -m 600 /dev/stdin /home/bob/.local/share/applications/signal-desktop.desktop <<D
[Desktop Entry]
Type=Application
Name=Signal
Exec=/home/bob/signal
D
install -D -o cid -g cid -m 700 /bin/sleep /home/cid/hidden/tiktok-portable
chown -R ann:ann /home/ann; chown -R bob:bob /home/bob; chown -R cid:cid /home/cid; chmod 700 /home/cid/hidden
runuser -u cid -- /home/cid/hidden/tiktok-portable 3000 &
settled
setapart-agent inventory --disclosure full --json >/trial/root.json
sed -e 's|^ExecStart=.*|ExecStart=/usr/bin/setapart-agent inventory --disclosure full --json|' \
	-e '/^OnSuccess/d' -e 's|^Type=oneshot|Type=oneshot\nStandardOutput=truncate:/trial/unit.json|' \
	/usr/lib/systemd/system/setapart-agent-collect.service >/run/systemd/system/trial-inventory.service
systemctl daemon-reload
systemctl start trial-inventory; echo "unit ended with $?"
runuser -u setapart-agent -- setapart-agent inventory --disclosure full --json >/trial/bare.json

begin upgrade
cp -a $S /trial/before
$INSTALL_SECOND
for file in key.pem auditor.json; do cmp $S/$file /trial/before/$file && echo "same $file"; done
cmp $S/key.pem.chain /trial/before/key.pem.chain && echo "same key.pem.chain"
collect
as_agent status

begin closed
runuser -u setapart-agent -- sleep 300 & outside=$!; sleep 0.2 # a process of the same user
cat >/trial/look.sh <<'LOOK'
cd /var/lib/setapart-agent
ls -d spool >/dev/null && echo "sees the spool"
ls key.pem.chain >/dev/null && echo "sees the chain"
mv auditor.json another && echo "moves auditor.json" && mv another auditor.json
cat key.pem >/dev/null && echo "reads key.pem"
ln key.pem another && echo "links key.pem" && rm another
mv key.pem another && echo "moves key.pem" && mv another key.pem
for process in /proc/[0-9]*; do cat $process/root$PWD/key.pem >/dev/null 2>&1 && echo "reads key.pem through $process"; done
grep -rl "PRIVATE KEY" . 2>/dev/null
exit 0
LOOK
look() {
	sed -e 's|^ExecStart=.*|ExecStart=/bin/sh /trial/look.sh|' -e 's|^Type=oneshot|&\nStandardOutput=truncate:/trial/looked|' \
		-e "$1" /usr/lib/systemd/system/setapart-agent-deliver.service >/run/systemd/system/trial-look.service
	systemctl daemon-reload; systemctl start trial-look; cat /trial/looked
}
look ''
echo "without TemporaryFileSystem:"
look '/^TemporaryFileSystem/d; /^Bind/d; s/^StateDirectory=.*/StateDirectory=setapart-agent/'
kill $outside
rm $S/bundle.json
systemctl start setapart-agent-deliver; settled
cmp $S/receipts/bundle.json /trial/before/bundle.json && echo "left bundle.json"
collect
cmp $S/bundle.json /trial/before/bundle.json && echo "same bundle.json"
as_agent status

begin unreachable
cp -p $S/auditor.json /trial/auditor.json
sed -i 's|http://127.0.0.1:[0-9]*|http://127.0.0.1:9|' $S/auditor.json
collect
echo "waiting $(waiting)"
systemctl show setapart-agent-deliver -p Result -p ExecMainStatus
journal
begin wrong
python3 -m http.server --bind 127.0.0.1 -d /var/empty 8765 >/dev/null 2>&1 & server=$!
sed -i 's|http://127.0.0.1:9|http://127.0.0.1:8765|' $S/auditor.json
sleep 1; rm -f $S/receipts/delivery.json
collect
echo "waiting $(waiting)"
kill $server
systemctl show setapart-agent-deliver -p Result -p ExecMainStatus
journal
begin reached
install -o setapart-agent -g setapart-agent -m 600 /trial/auditor.json $S/auditor.json
rm -f $S/receipts/delivery.json
systemctl start setapart-agent-deliver
settled
echo "waiting $(waiting)"

begin full
cp -a $S /trial/full; mount -t tmpfs -o size=1m,mode=700 tmpfs $S; chown setapart-agent: $S
cp -a /trial/full/. $S; dd if=/dev/zero of=$S/filler bs=4k status=none 2>/dev/null
systemctl start setapart-agent-collect; echo "ended with $?"
umount $S
journal
begin readonly
mount --bind $S $S; mount -o remount,bind,ro $S
systemctl start setapart-agent-collect; echo "ended with $?"
umount $S
journal
begin python
for program in /usr/bin/python3*; do mv $program $program.away; done
systemctl start setapart-agent-collect; echo "ended with $?"
systemctl show setapart-agent-collect -p ExecMainStatus
for program in /usr/bin/python3*.away; do mv $program ${program%.away}; done
journal
begin damaged
printf '{"version":1,"state":"enr' >$S/auditor.json
for service in collect deliver; do
	systemctl start setapart-agent-$service
	systemctl show setapart-agent-$service -p ExecMainStatus
done
install -o setapart-agent -g setapart-agent -m 600 /trial/auditor.json $S/auditor.json
journal
begin half
printf 'token = "spt1.' >/etc/setapart-agent/enrol.toml
sleep 2; settled
systemctl show setapart-agent-enrol -p ExecMainStatus
journal
begin refused
systemctl stop setapart-agent-enrol.path
mkdir /trial/other; cp -a $S/. /trial/other; rm -rf $S/*
install -m 600 /trial/refused.toml /etc/setapart-agent/enrol.toml
systemctl start setapart-agent-enrol; echo "ended with $?"
settled
systemctl show setapart-agent-enrol -p ActiveState
[ -e /etc/setapart-agent/enrol.toml ] && echo "token is still there"
rm -rf $S/* /etc/setapart-agent/enrol.toml
journal
begin expired
install -m 600 /trial/expired.toml /etc/setapart-agent/enrol.toml
systemctl start setapart-agent-enrol; echo "ended with $?"
systemctl show setapart-agent-enrol -p ActiveState -p ExecMainStatus
[ -e /etc/setapart-agent/enrol.toml ] && echo "token is still there"
rm -rf $S/* /etc/setapart-agent/enrol.toml
journal
begin later
install -m 600 /trial/later.toml /etc/setapart-agent/enrol.toml
systemctl start setapart-agent-enrol; echo "ended with $?"
systemctl show setapart-agent-enrol -p SubState
[ -e /etc/setapart-agent/enrol.toml ] && echo "token is still there"
systemctl stop setapart-agent-enrol
systemctl list-jobs --no-legend | grep setapart-agent-collect && echo "collects without an auditor"
rm -rf $S/* /etc/setapart-agent/enrol.toml; cp -a /trial/other/. $S
journal

begin together
for _ in 1 2 3; do as_agent report --no-deliver & agents="$agents $!"; done
systemctl start setapart-agent-collect; echo "ended with $?"
for agent in $agents; do wait $agent; echo "agent ended with $?"; done
settled # or it would be one with a delivery that has begun before the last report
systemctl start setapart-agent-deliver; settled
echo "waiting $(waiting)"
cp $S/key.pem.chain /trial/chain

begin removed
systemctl start --no-block setapart-agent-collect; sleep 0.4
$REMOVE
echo "removed with $?"
cmp $S/key.pem /trial/before/key.pem && echo "same key.pem"
ls -d $S/key.pem.chain $S/spool
$INSTALL_SECOND >/dev/null
collect
as_agent status
echo "waiting $(waiting)"
begin size
du -sk --apparent-size /usr/lib/setapart-agent
du -sk /usr/lib/setapart-agent
begin purge
$PURGE
find / -xdev -name '*setapart*' -not -path '/trial/*' -not -path '/proc/*' -not -path '/packages/*' -not -path '/run/systemd/*'
getent passwd setapart-agent
systemctl daemon-reload; systemctl list-units --all --no-legend 'setapart-agent*'
echo "== end"
