insert into notes select number, domain, domain || ' problem ' || problem, tokens from batch
