drop table battle_participants;
