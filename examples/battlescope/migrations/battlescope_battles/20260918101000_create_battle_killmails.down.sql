drop table battle_killmails;
