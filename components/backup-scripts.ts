import { BACKUP_FILES } from "@tidegate/migrator/contract";

/** Folder that the containers of a migration's pod share. */
export const VERDICT_DIR = "/verdict";
/** Folder with the dumps. */
export const DUMPS_DIR = "/backups";
/** Folder that may be written where the root file system may not. */
export const SCRATCH_DIR = "/tmp";
/** Name of the remote in rclone's environment. */
export const REMOTE = "target";

const LOG = `${VERDICT_DIR}/backup.log`;

/** The dump on its way to a bucket. */
const DUMPED = `${VERDICT_DIR}/backup.dumped`;

/** A file of one database: its name and the moment, so that names are in the order of their age. */
const OURS = 'grep "^$PGDATABASE-[0-9]\\{8\\}T[0-9]\\{6\\}Z\\.dump$"';

/**
 * Ends with 0 whatever happens: Pulumi shows only what the main container says, and that one reads what
 * is left here.
 */
const HEAD = `set -u
wanted=${VERDICT_DIR}/${BACKUP_FILES.wanted}
[ -e "$wanted" ] || { echo "nothing is pending: no backup"; exit 0; }
fail() {
  printf '%s\\n' "$1" > ${VERDICT_DIR}/${BACKUP_FILES.failed}
  printf 'the backup has failed: %s\\n' "$1" >&2
  exit 0
}
`;

const DUMP = `rm -f ${DUMPS_DIR}/"$PGDATABASE"-*.part
name="$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump"
part="${DUMPS_DIR}/$name.part"
pg_dump --format=custom --file="$part" 2> ${LOG} || fail "pg_dump: $(tail -n 5 ${LOG})"
pg_restore --list "$part" > /dev/null 2> ${LOG} || fail "pg_restore: $(tail -n 5 ${LOG})"
mv "$part" "${DUMPS_DIR}/$name" 2> ${LOG} || fail "mv: $(tail -n 5 ${LOG})"
`;

/** Older dumps go only after the new one is complete. */
const PRUNE_VOLUME = `ls ${DUMPS_DIR} | ${OURS} | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do
  rm -f "${DUMPS_DIR}/$old" && echo "deleted $old"
done
`;

const DONE = `printf '%s\\n' "$name" > ${VERDICT_DIR}/${BACKUP_FILES.done}
echo "backup $name"
`;

/** Dumps to a volume, with `KEEP` dumps of this database left. */
export const DUMP_TO_VOLUME = `${HEAD}${DUMP}${PRUNE_VOLUME}${DONE}`;

/** Dumps to a folder of the pod, for {@link UPLOAD}. */
export const DUMP_TO_POD = `${HEAD}${DUMP}printf '%s\\n' "$name" > ${DUMPED}
`;

/** Copies that dump to `TARGET` in the bucket. */
export const UPLOAD = `${HEAD}[ ! -e ${VERDICT_DIR}/${BACKUP_FILES.failed} ] || exit 0
name="$(cat ${DUMPED} 2> /dev/null)"
[ -n "$name" ] || fail "pg_dump left no dump"
rclone copyto "${DUMPS_DIR}/$name" "${REMOTE}:$TARGET/$name" 2> ${LOG} || fail "rclone: $(tail -n 5 ${LOG})"
rclone lsf --files-only "${REMOTE}:$TARGET" | ${OURS} | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do
  rclone deletefile "${REMOTE}:$TARGET/$old" && echo "deleted $old"
done
${DONE}`;

const NONE = `echo "there is no backup '\${BACKUP:-latest}' of $PGDATABASE" >&2; exit 1;`;

/** Fetches `BACKUP`, or the newest, from the bucket. */
export const DOWNLOAD = `set -eu
name="\${BACKUP:-latest}"
[ "$name" != latest ] || name="$(rclone lsf --files-only "${REMOTE}:$TARGET" | ${OURS} | sort | tail -n 1)"
[ -n "$name" ] || { ${NONE} }
rclone copyto "${REMOTE}:$TARGET/$name" "${DUMPS_DIR}/$name"
`;

/**
 * Puts a database back to what it was at a backup: whatever the owner has now goes, in the transaction
 * that brings back what it had. Extensions belong to the admin and stay.
 */
export const RESTORE = `set -eu
name="\${BACKUP:-latest}"
[ "$name" != latest ] || name="$(ls ${DUMPS_DIR} | ${OURS} | sort | tail -n 1)"
[ -n "$name" ] && [ -f "${DUMPS_DIR}/$name" ] || { ${NONE} }
pg_restore --list "${DUMPS_DIR}/$name" | grep -v ' EXTENSION ' > ${SCRATCH_DIR}/list
# A file and no pipe: one that breaks off would be committed half.
echo 'drop owned by current_user cascade;' > ${SCRATCH_DIR}/restore.sql
pg_restore --file=- --no-owner --use-list=${SCRATCH_DIR}/list "${DUMPS_DIR}/$name" >> ${SCRATCH_DIR}/restore.sql
psql --quiet --no-psqlrc --output=/dev/null --set=ON_ERROR_STOP=1 --single-transaction --file=${SCRATCH_DIR}/restore.sql
echo "restored $name"
`;
