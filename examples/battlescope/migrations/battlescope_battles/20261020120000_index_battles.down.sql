drop index battles_started_at_idx;
drop index battles_region_time_idx;
