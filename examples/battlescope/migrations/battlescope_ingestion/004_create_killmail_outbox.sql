-- What other services have not heard of yet, in the order of arrival.
create table killmail_outbox (
  id bigint generated always as identity primary key,
  killmail_id bigint not null unique references killmails (id) on delete cascade,
  created_at timestamptz not null default now(),
  attempts smallint not null default 0,
  next_attempt_at timestamptz not null default now(),
  constraint killmail_outbox_attempts_not_negative check (attempts >= 0)
);

create index killmail_outbox_next_attempt_idx on killmail_outbox (next_attempt_at, id);
