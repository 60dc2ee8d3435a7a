create table audit_logs (
  id bigint generated always as identity primary key,
  occurred_at timestamptz not null default now(),
  -- Kept when the account goes: the log must tell that something was done, though no longer by whom.
  actor_account_id bigint references accounts (id) on delete set null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  detail jsonb not null default '{}',
  constraint audit_logs_action_form check (action ~ '^[a-z]+(\.[a-z]+)+$'),
  constraint audit_logs_detail_is_object check (jsonb_typeof(detail) = 'object')
);

create index audit_logs_occurred_at_idx on audit_logs (occurred_at desc);
