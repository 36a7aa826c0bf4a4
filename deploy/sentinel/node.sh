#!/bin/sh
# Starts one of the replicated Redis servers. Its role stands in /data/node.conf, where Sentinel writes it at a switch, so
# that a server which comes back does not take itself for the master that it once was.
# Environment: NODE, the name under which the others reach it; FIRST_MASTER, the node that is the master at the first start.
set -eu
umask 077
conf=/data/node.conf
if [ ! -f "$conf" ]; then
  : >"$conf.new"
  [ "$NODE" = "$FIRST_MASTER" ] || echo "replicaof $FIRST_MASTER 6379" >>"$conf.new"
  mv "$conf.new" "$conf"
fi
sed -i -e '/^masterauth /d' -e '/^masteruser /d' "$conf" # of the last start; the password may be a new one
{ echo "masteruser replica"; echo "masterauth $(cat /run/copytaster/replica-password)"; } >>"$conf"
# min-replicas-to-write: a master that is cut off takes no writes, for they would be lost at the switch.
exec redis-server "$conf" --dir /data --appendonly yes --appendfsync "${REDIS_APPENDFSYNC:-everysec}" --save "" \
  --maxmemory-policy noeviction --maxmemory "${REDIS_MAXMEMORY:-1gb}" --aclfile /run/copytaster/users.acl \
  --replica-announce-ip "$NODE" --min-replicas-to-write 1 --min-replicas-max-lag 10
