delete from asked
