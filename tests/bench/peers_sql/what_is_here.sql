select source, domain, num_problems, num_traces, num_correct, num_accepted
from yield_by_source
