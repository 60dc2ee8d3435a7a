-- tidegate:no-transaction
-- Killmails arrive all the time; the feed must not wait for an index.
create index concurrently killmails_system_time_idx on killmails (solar_system_id, occurred_at);

create index concurrently killmails_victim_alliance_idx
  on killmails (victim_alliance_id, occurred_at)
  where victim_alliance_id is not null;
