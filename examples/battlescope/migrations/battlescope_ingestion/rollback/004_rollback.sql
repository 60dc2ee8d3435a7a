drop table killmail_outbox;
