drop index deliveries_pending_idx;
