-- tidegate:no-transaction
-- The log is written on every sign-in; an index built with a lock on it would stop them all.
create index concurrently audit_logs_subject_idx
  on audit_logs (subject_kind, subject_id, occurred_at desc);

create index concurrently audit_logs_actor_idx
  on audit_logs (actor_account_id, occurred_at desc)
  where actor_account_id is not null;
