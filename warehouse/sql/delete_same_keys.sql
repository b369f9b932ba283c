delete from {relation} as known
using (select {columns} from incoming) as batch
where {same}
