drop index audit_logs_actor_idx;
drop index audit_logs_subject_idx;
