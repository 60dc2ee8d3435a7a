create table deliveries (
  id bigint generated always as identity primary key,
  subscription_id bigint not null references subscriptions (id) on delete cascade,
  event_id uuid not null,
  state text not null default 'pending',
  attempts smallint not null default 0,
  due_at timestamptz not null default now(),
  finished_at timestamptz,
  last_failure text,
  -- An event that is announced twice is delivered once.
  constraint deliveries_subscription_event_key unique (subscription_id, event_id),
  constraint deliveries_state_known check (state in ('pending', 'delivered', 'failed')),
  constraint deliveries_attempts_not_negative check (attempts >= 0),
  constraint deliveries_finished_when_done check ((state = 'pending') = (finished_at is null))
);
