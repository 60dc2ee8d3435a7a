create table price_cache (
  type_id integer not null,
  day date not null,
  average_price numeric(20, 2) not null,
  fetched_at timestamptz not null default now(),
  primary key (type_id, day),
  constraint price_cache_average_not_negative check (average_price >= 0)
);

create table enrichment_failures (
  id bigint generated always as identity primary key,
  killmail_id bigint not null,
  step text not null,
  reason text not null,
  attempts smallint not null default 1,
  failed_at timestamptz not null default now(),
  constraint enrichment_failures_killmail_step_key unique (killmail_id, step),
  constraint enrichment_failures_step_known check (step in ('names', 'universe', 'prices')),
  constraint enrichment_failures_attempts_positive check (attempts > 0)
);
