create table subscriptions (
  id bigint generated always as identity primary key,
  channel_id bigint not null references channels (id) on delete cascade,
  event text not null,
  filter jsonb not null default '{}',
  muted_until timestamptz,
  created_at timestamptz not null default now(),
  constraint subscriptions_event_known
    check (event in ('battle.started', 'battle.ended', 'capital.lost')),
  constraint subscriptions_filter_is_object check (jsonb_typeof(filter) = 'object')
);

create index subscriptions_channel_idx on subscriptions (channel_id);
create index subscriptions_event_idx on subscriptions (event);
