create or replace temp table touched as {query}
