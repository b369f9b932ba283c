delete from marts
