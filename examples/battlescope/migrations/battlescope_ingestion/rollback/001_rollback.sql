drop table killmails;
