insert into {relation} by name
select {columns} from incoming
