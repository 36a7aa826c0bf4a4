#!/bin/sh
# Starts a Sentinel. What it knows of the servers stands in /data/sentinel.conf, which it writes itself.
# Environment: NODE, the name under which the others reach it; FIRST_MASTER, the master at the first start.
set -eu
umask 077
conf=/data/sentinel.conf
password=$(cat /run/copytaster/sentinel-password)
if [ ! -f "$conf" ]; then
  cat >"$conf.new" <<END
port 26379
dir /tmp
protected-mode no
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $NODE
sentinel monitor copytaster $FIRST_MASTER 6379 2
sentinel down-after-milliseconds copytaster 5000
sentinel failover-timeout copytaster 30000
sentinel auth-user copytaster sentinel
END
  mv "$conf.new" "$conf"
fi
sed -i -e '/^sentinel auth-pass /d' -e '/^sentinel sentinel-\(user\|pass\) /d' -e '/^user /d' "$conf"
# Whoever is on the network may ask who is the master; to change anything takes the password.
cat >>"$conf" <<END
sentinel auth-pass copytaster $password
user default on nopass resetchannels -@all +ping +hello +auth +client|setinfo +sentinel|masters +sentinel|get-master-addr-by-name
user peer on >$password allchannels +@all
sentinel sentinel-user peer
sentinel sentinel-pass $password
END
exec redis-server "$conf" --sentinel
