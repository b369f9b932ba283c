select domain, num_traces, num_agreed
from verifier_disagreement
