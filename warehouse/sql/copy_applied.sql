update migrations set applied = earlier.applied
from old.migrations as earlier
where migrations.name = earlier.name
