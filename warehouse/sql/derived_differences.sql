-- Rows of a derived table that are not what the facts say, and what they say instead.
with anew as ({query})
select 'kept' as which, * from (from {relation} except all from anew)
union all by name
select 'from the facts' as which, * from (from anew except all from {relation})
