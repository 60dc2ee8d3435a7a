-- tidegate:no-transaction
create index concurrently battles_region_time_idx on battles (region_id, started_at desc);

create index concurrently battles_started_at_idx on battles (started_at desc);
