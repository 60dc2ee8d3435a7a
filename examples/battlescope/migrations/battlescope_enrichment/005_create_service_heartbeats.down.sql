drop table service_heartbeats;
